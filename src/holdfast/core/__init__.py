"""Types that every part shares; no algorithms."""
