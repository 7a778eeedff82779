"""Formats of export, one a module, found by their folder."""
