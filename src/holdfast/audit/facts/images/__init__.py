"""Images: decoded once; what files and pixels say, which are copies, in which regions the class shows."""
