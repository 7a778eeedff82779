"""Checks of notebooks and scripts, which are parsed and never run."""
