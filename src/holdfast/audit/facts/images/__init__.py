"""Images: decoded once; what files and pixels say, which are copies, where the class shows."""
