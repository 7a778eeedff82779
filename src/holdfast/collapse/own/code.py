"""A person's own object by module:name: imported, made, seeded and called, with one clear paragraph where it fails.

This runs the person's code, on purpose: naming it is asking for it.
"""

import importlib
import inspect
import random
import sys
import traceback
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from holdfast.core.errors import BadInput, unknown
from holdfast.core.text import one_line

_METHODS = ("fit", "sample")
WEIGHTS = "sample_weight"  # scikit-learn's name
_SEEDS = ("seed", "random_state")


@dataclass(frozen=True, slots=True)
class Own:
    """Something that makes objects with `fit` and `sample`: a class, a function, or one such object to be copied."""

    name: str  # module:name
    what: Any
    file: str  # of the module, empty if unknown

    def made(self, options: Mapping[str, Any], seed: int) -> Any:
        """Return a new object. Raises BadInput."""
        seeded(seed)
        if _is_object(self.what):
            made = deepcopy(self.what)
            if options:
                raise BadInput(f"{self.name} is an object, which takes no options; got {', '.join(options)}")
        else:
            made = self.call("the call", self.what, seed, **options)
        missing = [name for name in _METHODS if not callable(getattr(made, name, None))]
        if missing:
            raise BadInput(
                f"{self.name} gives an object of type {type(made).__name__} without {' and '.join(missing)}; a learner "
                "of your own has fit(samples) and sample(n)"
            )
        return made

    def takes_weights(self, options: Mapping[str, Any]) -> bool:
        """Return whether `fit` takes a weight for each item."""
        return WEIGHTS in _parameters(self.made(options, 0).fit)

    def call(self, what: str, function: Callable[..., Any], seed: int, *given: Any, **named: Any) -> Any:
        """Return what a function of theirs returns, seeded in every way it may want. Raises BadInput where it fails."""
        seeded(seed)
        known = _parameters(function)
        named |= {name: seed for name in _SEEDS if name in known and name not in named}
        if "rng" in known:
            named.setdefault("rng", np.random.default_rng(seed))
        try:
            return function(*given, **named)
        except (Exception, SystemExit) as error:
            raise BadInput(f"{self.name}: {what} failed {self._place(error)}: {_said(error)}") from error

    def _place(self, error: BaseException) -> str:
        """Return where: the last line of theirs that was being run."""
        frames = traceback.extract_tb(error.__traceback__)[1:]
        theirs = [frame for frame in frames if frame.filename == self.file] or frames[-1:]
        if not theirs:
            return "before its first line (do the parameters fit?)"
        return f"in {Path(theirs[-1].filename).name}, line {theirs[-1].lineno}, `{one_line(theirs[-1].line or '')}`"


def own(name: str) -> Own:
    """Return what module:name names; the current folder is looked into first. Raises BadInput."""
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise BadInput(f"a learner of your own is module:name, such as mine:Model, got {name!r}")
    found = _imported(module, name)
    what = found
    for part in attribute.split("."):
        if not hasattr(what, part):
            raise unknown("name", part, [one for one in vars(found) if not one.startswith("_")], where=module)
        what = getattr(what, part)
    if not callable(what) and not _is_object(what):
        raise BadInput(f"{name} is of type {type(what).__name__}; a class or a function that makes a learner is wanted")
    return Own(name, what, getattr(found, "__file__", None) or "")


def _imported(module: str, name: str) -> ModuleType:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        missing = _is_missing(module)
        found = None if missing else importlib.import_module(module)
    except (Exception, SystemExit) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
        line = f", line {frames[-1].lineno}" if len(frames) > 1 else ""
        raise BadInput(f"{module} cannot be imported{line}: {_said(error)}") from error
    finally:
        sys.path.remove(here)
        if here not in sys.path:
            sys.path.append(here)  # for what they import later; after all else, so that it hides nothing
    if found is None:
        raise BadInput(f"no module {module!r} in {here} or among the installed ones; {name} is module:name")
    return found


def seeded(seed: int) -> None:
    """Seed the random numbers that all of a process share, for code that knows no others."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 the person's code may draw from it
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # written in C
        return ()


def _is_object(what: Any) -> bool:
    return not inspect.isclass(what) and all(callable(getattr(what, name, None)) for name in _METHODS)


def _is_missing(module: str) -> bool:
    try:
        return find_spec(module) is None
    except ModuleNotFoundError as error:
        return error.name == module.partition(".")[0]
    except ValueError:  # already imported, and without a specification
        return False


def _said(error: BaseException) -> str:
    return one_line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
