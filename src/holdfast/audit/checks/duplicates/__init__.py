"""Checks for records that occur twice, exactly or nearly, inside a split or across splits."""
