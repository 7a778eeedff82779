"""Parts of models that make pictures: where real pictures come from, dense networks, and what both learners share."""
