"""The label, and what tells it."""
