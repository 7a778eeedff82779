"""Train and test that do not come from one source."""
