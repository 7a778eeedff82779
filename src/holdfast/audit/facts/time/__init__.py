"""Rows in time, and windows over them."""
