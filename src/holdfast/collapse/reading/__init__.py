"""Sample sets from files: which there are, in which order, and what is in them."""
