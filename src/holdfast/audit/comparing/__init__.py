"""Which model is better, from stored predictions alone: `holdfast compare`."""
