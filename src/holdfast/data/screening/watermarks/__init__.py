"""Marks in texts that a key can read: written while a model generates, found with exact statistics."""
