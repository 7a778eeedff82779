"""Models of Ultralytics, in a process of their own: their licence is AGPL-3.0, and nothing of it is imported here."""
