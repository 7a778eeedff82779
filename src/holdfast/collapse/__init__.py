"""Generations of models that learn from what models made: the laboratory, the theories, the alarm, the planner."""
