"""Guarded fine-tuning."""
