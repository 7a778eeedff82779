"""Facts: quantities that checks ask for by name, derived from data, code or models; a folder for each subject."""
