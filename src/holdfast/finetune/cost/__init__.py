"""What a fine-tuning costs, before it starts and after: arithmetic, time, memory, energy."""
