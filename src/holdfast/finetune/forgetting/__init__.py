"""What a tuned model lost: scores before and after, answers that turned wrong, drift from the base, many tasks."""
