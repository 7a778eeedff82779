"""Texts: their words, how they are written, which are nearly equal."""
