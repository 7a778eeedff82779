"""Checks for labels that are wrong, contradictory, or written in several ways."""
