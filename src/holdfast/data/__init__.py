"""Loading, origin and versions of data; mixing, screening, review and export of them."""
