"""Ways to the right answer that are not the subject: how a record was made, and where the picture was taken."""
