"""What learns: all of a model, its head, its blocks one after the other, or small matrices beside it. One a file."""
