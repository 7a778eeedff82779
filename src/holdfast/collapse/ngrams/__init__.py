"""n-gram models as text to copy from: sources of text, the index, the walk, and what a text is worth under a model."""
