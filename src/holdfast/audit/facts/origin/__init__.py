"""Who made the records, as columns of provenance say: origin, descent, and what came when."""
