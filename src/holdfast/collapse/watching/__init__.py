"""Watching generations: sample sets of one's own, or a run of the laboratory."""
