"""Values that cannot be what they say."""
