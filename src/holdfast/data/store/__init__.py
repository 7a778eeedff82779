"""Versions of data with the origin of every record.

store                 the class through which all of this is reached
version, documents    what a version is, and how it is kept; naming, address and tagging: which one is meant
adding, amending,     changes; each ends in committing, under locks
attaching
identity, parents,    what records are called, were made from, and are said to be; columns: in which columns
provenance, rules
rows, media           records (the only file that knows Lance), bytes of images; reading and matching: found again
differing, checkout,  what is done with versions; needs: which files they need
verifying, compacting,
clearing
telling               versions and their differences, for notebooks
"""

from holdfast.data.store.store import Store as Store
from holdfast.data.store.version import StoredColumn as StoredColumn
from holdfast.data.store.version import Version as Version

__all__ = ["Store", "StoredColumn", "Version"]
