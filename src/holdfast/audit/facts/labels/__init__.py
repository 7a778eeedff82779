"""The label: its classes, its noise, and what predicts it."""
