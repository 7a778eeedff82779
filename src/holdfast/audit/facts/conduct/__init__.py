"""What was done: code as it is written, pipelines as they behave, test sets as they were used."""
