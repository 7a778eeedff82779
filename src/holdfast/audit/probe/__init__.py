"""Proof by experiment: the person's own code is run on data that were changed, and what it says is compared.

A *pipeline* is that code behind one method, `run`; `process` runs it in a child process, `inside` here, for cases.
A *bench* is a pipeline with its data, what it says about them as they are, and how exactly that can be compared.
The checks of the family `probe` change rows, columns or labels on the bench and look at what moves.
"""
