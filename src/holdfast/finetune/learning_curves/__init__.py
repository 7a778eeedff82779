"""How the error falls with more examples, and how many are needed: fits, intervals, and what cannot be told."""
