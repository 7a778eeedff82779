"""What the six guards read, one a file: measured around the training, in stages that a kill cannot undo."""
