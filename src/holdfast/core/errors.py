"""Everything that Holdfast raises on purpose.

HoldfastError
├── BadInput        the caller's data, path, column or option is wrong        (also ValueError)
├── NotApplicable   a fact cannot be derived here; its checks are skipped     (also LookupError)
├── StoreError      the run store cannot be read or written                   (also OSError)
└── MissingExtra    an optional library is not installed                      (also ImportError)

Wording: what, got, wanted, hint. A user error is one paragraph and never a traceback; a bug always shows its trace.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from holdfast.core.text import and_more


class HoldfastError(Exception):
    """Root of all errors raised on purpose."""


class BadInput(HoldfastError, ValueError):
    """The caller's data, path, column or option is wrong."""


class NotApplicable(HoldfastError, LookupError):
    """A fact cannot be derived from this subject; the text says why, and becomes the reason why checks are skipped."""


class StoreError(HoldfastError, OSError):
    """The run store cannot be read or written."""


class MissingExtra(HoldfastError, ImportError):
    """An optional library is not installed; the text says what to install."""

    @classmethod
    def for_package(cls, package: str, extra: str, purpose: str) -> "MissingExtra":
        """Return the error for a missing `package`, naming the extra that brings it."""
        return cls(f"{purpose} needs {package}, which is not installed. Try: pip install 'holdfast[{extra}]'")


def unknown(what: str, got: str, known: Iterable[str], where: str = "") -> BadInput:
    """Return the error for a name that is not among the `known` ones, with the nearest as a hint."""
    names = sorted(str(name) for name in known)
    listed = f"known are {and_more(names, 12)}" if names else "there are none"
    return BadInput(f"no {what} {got!r}{' in ' + where if where else ''}; {listed}.{did_you_mean(got, names)}")


def did_you_mean(got: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return " Did you mean 'x'?" for the nearest of the known names, or "" where none is like what was given."""
    near = get_close_matches(got, list(known), n=1, cutoff=cutoff)
    return f" Did you mean {near[0]!r}?" if near else ""
