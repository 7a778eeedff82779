"""Columns: what they hold, what their names suggest, which hold the same."""
