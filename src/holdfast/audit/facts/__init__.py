"""Named quantities derived from a subject; a file for each kind."""
