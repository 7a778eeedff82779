"""What was done: code as it is written, pipelines as they behave, how often a test set was used."""
