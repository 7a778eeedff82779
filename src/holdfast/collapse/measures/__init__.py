"""Measures of a generation, one idea a file."""
