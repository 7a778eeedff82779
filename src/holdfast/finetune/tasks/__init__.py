"""Kinds of task, one a file: how rows become examples, batches, a loss and a judgement."""
