"""States that several learners share."""
