"""Training sets mixed on purpose: a policy in, the records that keep it out, or the one reason why none can."""

from holdfast.data.mixing.judging import refusal
from holdfast.data.mixing.mix import Mix, mix
from holdfast.data.mixing.policy import Policy, read_policy
from holdfast.data.mixing.record import MixRecord, read_mix
from holdfast.data.mixing.writing import write_mix

__all__ = ["Mix", "MixRecord", "Policy", "mix", "read_mix", "read_policy", "refusal", "write_mix"]
