"""The laboratory: whole histories of models that learn from models, theory beside them."""
