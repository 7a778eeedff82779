"""Models by name: a folder or hub name that transformers reads, or a person's own factory."""
