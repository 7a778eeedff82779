"""Checks for shortcuts: what gives the label away without the subject, such as how or where a record was made."""
