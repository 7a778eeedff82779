"""How much of the score is real: remedies tried out, alone and together, with intervals on the differences.

remedies.py     what the findings ask for, merged into cures
preparation.py  labels, stored predictions, rows, their order and clusters
bench.py        the rows that are used, and every model fitted, once
values.py       the score under a set of cures, as terms over one fixed set of test rows
intervals.py    what the bootstrap of the test rows and halving the training rows say together
attribution.py  Shapley shares
tally.py        which values are computed, in which order, within the budget
story.py        the record that they come to
scoring.py      the verb
scorer.py       a scorer for cross-validation in scikit-learn
"""

from holdfast.audit.honest.scoring import honest_score, score_of_audit

__all__ = ["honest_score", "score_of_audit"]
