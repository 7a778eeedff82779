"""Models of the rows: their inputs, predictions, baselines, and what predictions depend on."""
