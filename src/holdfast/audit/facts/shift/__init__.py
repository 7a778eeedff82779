"""How the splits and the environments differ."""
