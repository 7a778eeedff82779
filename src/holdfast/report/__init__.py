"""Runs turned into what people and machines read. Imports core only, so that old runs keep rendering."""
