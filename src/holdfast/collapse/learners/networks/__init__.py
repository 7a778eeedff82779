"""Parts of models that make pictures or points: where real ones come from, dense networks, what the learners share."""
