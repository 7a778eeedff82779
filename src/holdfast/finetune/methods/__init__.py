"""What changes learning, one a file: what works against forgetting, and what makes a model harder to fool."""
