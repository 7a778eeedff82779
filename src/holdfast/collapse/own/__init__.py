"""A person's own learner, named as `module:name`, and the items that it reads and writes."""
