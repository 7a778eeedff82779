"""The head is fitted first, then everything learns: LP-FT (Kumar et al., 2022, 2202.10054). The default."""

from holdfast.finetune.adapting.definitions import Adaptation
from holdfast.finetune.adapting.whole import apply

adaptation = Adaptation("head-first", "the head is fitted first, then everything learns", head_first=True, apply=apply)
