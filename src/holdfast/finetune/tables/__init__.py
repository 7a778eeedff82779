"""Tables: estimators of scikit-learn fitted, searched and guarded; kept as JSON and refitted, never pickled."""
