"""Rows: equal, nearly equal, copied, belonging together; which split each is in."""
