"""Checks of rows of generations: whether tails are lost, generations drift, simulation departs from theory."""
