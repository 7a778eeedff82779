"""Theories: exact or asymptotic statements about a measure, one a file."""
