"""What models make of the rows: their inputs, predictions, baselines, and what predictions hang on."""
