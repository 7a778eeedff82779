"""Checks of models over generations: lost tails, drift, simulations that disagree with theory."""
