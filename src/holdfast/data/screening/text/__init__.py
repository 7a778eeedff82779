"""Texts: what is stripped, what is measured, and how records are compared with people's texts of the same kind."""
