"""What facts, checks and cases are, and the decorators that make them.

Positional parameters name facts, keyword-only ones are options: needs, configuration keys, flags and
documentation are read from the signature and never listed a second time. A fact whose type allows None
(`estimator: Any | None`) is optional: None stands for "cannot be derived here".
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import numpy as np

from holdfast.core.dataset import Dataset
from holdfast.core.finding import Finding, Location, Severity

HEADINGS = ("Why it matters", "How it works", "Limits", "Fix")
Subject = Dataset | Mapping[str, Any]  # a data set, or several given facts by name


@dataclass(frozen=True, slots=True)
class Reference:
    """Where it was shown: a citation and its address."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a check or fact: its type and default, read from the signature."""

    name: str
    annotation: Any
    default: Any


@dataclass(frozen=True, slots=True)
class Fact:
    """A named quantity, derived from other facts."""

    name: str
    run: Callable[..., Any]
    needs: tuple[str, ...]
    types: Mapping[str, Any]  # what each need must be
    returns: Any
    options: tuple[Option, ...]
    costly: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Case:
    """A small subject with a known answer: a defect planted at `at`, or none."""

    name: str
    make: Callable[[np.random.Generator], Subject]
    at: Location | None
    doc: str


@dataclass(frozen=True, slots=True)
class Check:
    """A generator function over facts that yields findings, with its documentation and cases."""

    name: str
    family: str
    title: str
    run: Callable[..., Iterable[Finding]]
    needs: tuple[str, ...]
    types: Mapping[str, Any]
    options: tuple[Option, ...]
    severity: Severity
    references: tuple[Reference, ...]
    doc: str
    cases: tuple[Case, ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)  # rule of the contract -> reason

    def section(self, heading: str) -> str:
        """Return the text under a `## heading` of the docstring, empty if there is none."""
        _, _, rest = f"\n{self.doc}".partition(f"\n## {heading}\n")
        return rest.partition("\n## ")[0].strip()


def fact(*, costly: bool = False) -> Callable[[Callable[..., Any]], Fact]:
    """Make a fact of a function; its name is the fact's name, its parameters are the facts it needs."""

    def make(run: Callable[..., Any]) -> Fact:
        needs, types, options, returns = _signature(run)
        return Fact(run.__name__, run, needs, types, returns, options, costly, inspect.getdoc(run) or "")

    return make


def check(
    *, severity: Severity, references: tuple[Reference, ...] = (), exempt: Mapping[str, str] | None = None
) -> Callable[[Callable[..., Iterable[Finding]]], Check]:
    """Make a check of a generator function; name, family and title are read from function, folder and docstring.

    `severity` is what a finding carries unless it states its own. `exempt` maps a rule of the contract
    (`conformance.py`) to the reason why it cannot hold here.
    """

    def make(run: Callable[..., Iterable[Finding]]) -> Check:
        needs, types, options, _ = _signature(run)
        doc = inspect.getdoc(run) or ""
        return Check(
            name=run.__name__.replace("_", "-"),
            family=_folder(run.__module__),
            title=doc.partition("\n")[0].rstrip("."),
            run=run,
            needs=needs,
            types=types,
            options=options,
            severity=severity,
            references=references,
            doc=doc,
            exempt=exempt or {},
        )

    return make


def planted(*, at: Location) -> Callable[[Callable[[np.random.Generator], Subject]], Case]:
    """Make a case in which the check must find the defect at `at`."""

    def make(build: Callable[[np.random.Generator], Subject]) -> Case:
        return Case(build.__name__, build, at, inspect.getdoc(build) or "")

    return make


def clean(build: Callable[[np.random.Generator], Subject]) -> Case:
    """Make a case in which the check must stay silent."""
    return Case(build.__name__, build, None, inspect.getdoc(build) or "")


def is_optional(annotation: Any) -> bool:
    """Return whether None is among the values that an annotation allows by name."""
    return get_origin(annotation) in {Union, UnionType} and NoneType in get_args(annotation)


def without_none(annotation: Any) -> Any:
    """Return an annotation less None, such as int for `int | None`."""
    if not is_optional(annotation):
        return annotation
    return Union[tuple(kind for kind in get_args(annotation) if kind is not NoneType)]  # noqa: UP007 made of a tuple


def _folder(module: str) -> str:
    """Return the folder of a module; a check written in a notebook or script belongs to the family `own`."""
    return module.split(".")[-2] if "." in module else "own"


def _signature(
    run: Callable[..., Any],
) -> tuple[tuple[str, ...], dict[str, Any], tuple[Option, ...], Any]:
    signature = inspect.signature(run, eval_str=True)
    needs, types, options = [], {}, []
    for name, parameter in signature.parameters.items():
        if parameter.annotation is parameter.empty:
            raise TypeError(f"{run.__module__}.{run.__name__}: parameter {name!r} has no annotation")
        if parameter.kind is parameter.KEYWORD_ONLY:
            if parameter.default is parameter.empty:
                raise TypeError(f"{run.__module__}.{run.__name__}: option {name!r} has no default")
            options.append(Option(name, parameter.annotation, parameter.default))
        else:
            needs.append(name)
            types[name] = parameter.annotation
    return tuple(needs), types, tuple(options), signature.return_annotation
