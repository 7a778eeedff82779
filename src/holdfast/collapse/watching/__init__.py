"""Alarms over generations: a person's own sample sets, or a run of the laboratory."""
