"""Training sets mixed on purpose: a policy in, the records that keep it out, or the one reason why none can.

    from holdfast.data.mixing import mix, read_policy, refusal, write_mix
    write_mix(mix(read_policy(Path("diet.toml"))), Path("training"))

policy, source             what a person wants, and what there is to take from
counting, descent          what each record counts as; records made from excluded ones
allocation, offers         how many of each kind; or why that cannot be, and what would do
choosing, weights          which records; writing, record, tagging: kept
judging                    whether a training set keeps a policy; telling: all of it in words

Nothing is imported until it is used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.data.mixing.choosing import Mix, mix
    from holdfast.data.mixing.judging import refusal
    from holdfast.data.mixing.policy import Policy, read_policy
    from holdfast.data.mixing.record import MixRecord, read_mix
    from holdfast.data.mixing.writing import write_mix

__all__ = ["Mix", "MixRecord", "Policy", "mix", "read_mix", "read_policy", "refusal", "write_mix"]

_HOMES = {
    "Mix": "choosing",
    "MixRecord": "record",
    "Policy": "policy",
    "mix": "choosing",
    "read_mix": "record",
    "read_policy": "policy",
    "refusal": "judging",
    "write_mix": "writing",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"holdfast.data.mixing.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'holdfast.data.mixing' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
