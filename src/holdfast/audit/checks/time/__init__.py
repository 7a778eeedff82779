"""The order of rows in time, ignored."""
