"""What files say of their own origin: tags in metadata and signed manifests, read and written."""
