"""Versions of data with the origin of every record."""

from holdfast.data.store.store import Store as Store
from holdfast.data.store.version import StoredColumn as StoredColumn
from holdfast.data.store.version import Version as Version

__all__ = ["Store", "StoredColumn", "Version"]
