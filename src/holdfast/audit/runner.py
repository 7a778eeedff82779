"""Derives facts on demand and runs checks over them. A check is never silently not run, and none stops another."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError

from holdfast.audit import catalogue, roots
from holdfast.audit.definitions import Check, Fact, Option, is_optional
from holdfast.core.errors import BadInput, NotApplicable, unknown
from holdfast.core.finding import Finding
from holdfast.core.progress import Progress, track
from holdfast.core.record import CheckResult, Citation, Sampled, Status

Options = Mapping[str, Mapping[str, Any]]  # check or fact name -> option -> value


class FactCrashed(Exception):
    """A fact raised something that it should not have; carries the original trace as its cause."""


class Facts:
    """The facts of one subject: given, or derived on first use, and cached until no check left needs them."""

    def __init__(self, given: Mapping[str, Any], options: Options | None = None) -> None:
        """Take the given facts by name; a fact may be given in place of being derived."""
        self._known: dict[str, Any] = roots.with_defaults(given)
        self._given = frozenset(self._known)
        self._failed: dict[str, Exception] = {}
        self._options = options or {}
        self._catalogue = catalogue.facts()

    def __getitem__(self, name: str) -> Any:
        """Return the value of a fact.

        Raises NotApplicable when it cannot be derived here, and FactCrashed when deriving it failed.
        """
        if name in self._known:
            return self._known[name]
        if name in self._failed:
            raise self._failed[name]
        if name not in self._catalogue:
            raise NotApplicable(roots.missing(name))
        try:
            value = self._derive(self._catalogue[name])
        except (NotApplicable, FactCrashed) as error:
            self._failed[name] = error
            raise
        except Exception as error:
            self._failed[name] = FactCrashed(f"fact {name!r}: {type(error).__name__}: {error}")
            raise self._failed[name] from error
        self._known[name] = _read_only(value)
        return value

    def _derive(self, item: Fact) -> Any:
        needs = self.needs_of(item)
        return item.run(*needs, **effective_options(item.name, item.options, self._options.get(item.name, {})))

    def needs_of(self, item: Fact | Check) -> list[Any]:
        """Return the facts that a fact or check needs; None for an optional one that cannot be derived here."""
        values = []
        for need in item.needs:
            try:
                values.append(self[need])
            except NotApplicable:
                if not is_optional(item.types[need]):
                    raise
                values.append(None)
        return values

    def listen(self, progress: Progress) -> None:
        """Report progress to this listener from now on."""
        self._known["progress"] = progress

    def sampled(self, names: Iterable[str]) -> tuple[Sampled, ...]:
        """Return which of the named facts, and of those they were derived from, used a sample of the rows."""
        seen = {need: self._known.get(need) for need in sorted(closure(names))}
        found = (getattr(value, "sampled", None) for value in seen.values())
        return tuple(item for item in found if isinstance(item, Sampled))

    def forget_except(self, names: Iterable[str]) -> None:
        """Drop the derived facts that `names` do not depend on, so that memory follows the work that is left."""
        keep = closure(names) | self._given
        for name in [name for name in self._known if name not in keep]:
            del self._known[name]


def closure(names: Iterable[str]) -> set[str]:
    """Return `names` and all facts they are derived from."""
    every, found, ahead = catalogue.facts(), set[str](), list(names)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(every[name].needs if name in every else ())
    return found


def required(facts: Facts, name: str) -> Any:
    """Return a fact without which nothing can go on. Raises BadInput when the input is why it cannot be derived."""
    try:
        return facts[name]
    except NotApplicable as error:
        raise BadInput(str(error)) from error
    except FactCrashed as error:
        if isinstance(error.__cause__, BadInput):
            raise error.__cause__ from error
        raise


def run_checks(
    chosen: Sequence[Check],
    facts: Facts,
    *,
    options: Options | None = None,
    done: Mapping[str, CheckResult] | None = None,
    keep: Iterable[str] = (),
    on_result: Callable[[CheckResult], None] = lambda _: None,
) -> tuple[CheckResult, ...]:
    """Return the result of every chosen check, in order.

    `done` holds results of an interrupted run, taken as they are. `keep` names facts that the caller needs
    afterwards. `on_result` is called with each new result.
    """
    options = options or {}
    refuse_unknown_options(options)
    done = done or {}
    left = Counter(need for item in chosen for need in set(item.needs))
    results = []
    with track(facts["progress"], "checks", len(chosen), "checks") as advance:
        for item in chosen:
            result = done.get(item.name)
            if result is None:
                result = run_check(item, facts, options.get(item.name, {}))
                on_result(result)
            results.append(result)
            left.subtract(set(item.needs))
            if any(not left[need] for need in item.needs):
                facts.forget_except([*(name for name, count in left.items() if count > 0), *keep])
            advance(1)
    return tuple(results)


def run_check(item: Check, facts: Facts, options: Mapping[str, Any] | None = None) -> CheckResult:
    """Return the result of one check; an exception becomes a result with its trace."""
    effective = effective_options(item.name, item.options, options or {})
    started = time.perf_counter()
    findings: tuple[Finding, ...] = ()
    status, reason, trace = Status.PASSED, "", ""
    try:
        needs = facts.needs_of(item)
        findings = tuple(_stamped(found, item) for found in item.run(*needs, **effective))
        status = Status.FOUND if findings else Status.PASSED
    except NotApplicable as error:
        status, reason = Status.SKIPPED, str(error)
    except Exception as error:  # noqa: BLE001 a crash of one check must not stop the others; it is reported
        status, reason, trace = Status.CRASHED, f"{type(error).__name__}: {error}", traceback.format_exc()
    return CheckResult(
        check=item.name,
        title=item.title,
        family=item.family,
        why=item.section("Why it matters"),
        references=tuple(Citation(text=one.text, url=one.url) for one in item.references),
        status=status,
        findings=findings,
        reason=reason,
        trace=trace,
        options={name: _plain(value) for name, value in effective.items()},
        sampled=facts.sampled(item.needs),
        alpha=float(effective.get("alpha", 0.0)),
        seconds=time.perf_counter() - started,
    )


def effective_options(name: str, declared: Sequence[Option], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options of a check or fact with their values. Raises BadInput for unknown names and wrong types."""
    values = {option.name: option.default for option in declared}
    types = {option.name: option.annotation for option in declared}
    for key, value in wanted.items():
        if key not in values:
            raise unknown("option", key, values, where=name)
        try:
            values[key] = TypeAdapter(types[key], config=ConfigDict(strict=False)).validate_python(value)
        except ValidationError as error:
            wants = getattr(types[key], "__name__", str(types[key]))
            raise BadInput(f"option {key} of {name}: got {value!r}, wanted {wants}") from error
    return values


def refuse_unknown_options(options: Options) -> None:
    """Raise BadInput when options are set for a check or fact that does not exist, or do not fit it."""
    declared = {item.name: item.options for item in catalogue.checks().values()}
    declared |= {item.name: item.options for item in catalogue.facts().values()}
    for name, wanted in options.items():
        if name not in declared:
            raise unknown("check or fact", name, declared)
        effective_options(name, declared[name], wanted)


def _stamped(found: Finding, item: Check) -> Finding:
    """Return the finding with its check's name, and its check's severity unless it states its own."""
    severity = found.severity if "severity" in found.model_fields_set else item.severity
    return found.model_copy(update={"check": item.name, "severity": severity})


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _read_only(value: Any) -> Any:
    """Make arrays in a fact unwritable, also one level inside tuples, mappings and records."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple | list):
        for item in value:
            if isinstance(item, np.ndarray):
                item.flags.writeable = False
    else:
        inside = value.values() if isinstance(value, dict) else getattr(value, "__dict__", {}).values()
        for item in inside:
            if isinstance(item, np.ndarray):
                item.flags.writeable = False
    return value
