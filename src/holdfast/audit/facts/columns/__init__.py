"""Columns: what they hold, what their names say, which say the same."""
