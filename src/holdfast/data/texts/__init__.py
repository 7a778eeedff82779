"""Texts in folders: one document a file, and data sets as the `datasets` library saves them."""
