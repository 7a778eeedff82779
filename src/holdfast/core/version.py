"""The version of the package; every part may read it here."""

__version__ = "0.1.0"
