"""Columns, rows and groups that know more about the label than they could when it matters."""
