"""Loading, origin and versions of data."""
