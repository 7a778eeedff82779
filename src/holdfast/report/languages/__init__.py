"""Languages of what people read. Records stay English; what a report says of them is looked up while it is drawn.

A language is a folder of catalogues here, such as `fr/`: English sentences and their translations, with holes where
data stand (`catalogue.py`). What has no entry stays English.
"""

from holdfast.report.languages.saying import ENGLISH, gaps, in_table, known, listed, plain, refuse_unknown, said

__all__ = ["ENGLISH", "gaps", "in_table", "known", "listed", "plain", "refuse_unknown", "said"]
