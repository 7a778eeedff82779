"""Formats of other review tools, one a module, found by their folder."""
