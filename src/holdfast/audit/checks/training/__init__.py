"""Checks of a training: what was supervised, what it cost, what was forgotten, and whether it helped."""
