"""Checks for records whose origin makes a score untrue, or a training set unsafe."""
