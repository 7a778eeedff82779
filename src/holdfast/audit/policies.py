"""A training set judged against a policy, as a run; and what there is about the origin of data beside the data."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.audit import catalogue
from holdfast.audit.facts.origin.arrivals import arrivals_of
from holdfast.audit.runner import Facts, run_checks
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Examples
from holdfast.core.progress import Progress, listening
from holdfast.core.record import Run, Section, Status
from holdfast.core.recording import begun, data_fields, recorded
from holdfast.core.store import RunStore
from holdfast.data.mixing.allocation import ranges_of
from holdfast.data.mixing.counting import Stock, counted
from holdfast.data.mixing.judging import training_rows
from holdfast.data.mixing.policy import Policy
from holdfast.data.mixing.record import MIX_FILE, read_mix
from holdfast.data.store.address import is_address, located

CHECKS = ("policy-broken",)


def judge(
    dataset: Dataset,
    policy: Policy,
    *,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Run:
    """Return the record of judging the training rows of a data set by a policy. Raises StoreError."""
    started = time.perf_counter()
    facts = Facts({"dataset": dataset, "policy": policy, "progress": listening(progress)})
    run = begun("data", f"{dataset.name} under a policy", command, policy, **data_fields(dataset))
    with recorded(run, store, started) as going:
        results = run_checks(catalogue.selected(CHECKS), facts, on_result=going.result)
        rows = training_rows(dataset)
        stock = counted(policy, dataset.table.take(rows))
        return going.finish(
            results=results,
            says=_said(results[0].status, len(results[0].findings), results[0].reason),
            sections=(_section(policy, stock, len(rows)),),
        )


def beside(inputs: Mapping[str, Path | str]) -> dict[str, Any]:
    """Return the facts about origin that are found beside the data: the policy of a mix, the versions of a store."""
    train = inputs.get("train", inputs.get("all"))
    if train is None:
        return {}
    path = Path(train)
    found: dict[str, Any] = {}
    home = path if path.is_dir() else path.parent
    if (home / MIX_FILE).is_file():
        found["policy"] = read_mix(home).policy
    if is_address(str(train)):
        store, version = located(str(train))
        found["arrivals"] = arrivals_of(one for one in store.log() if one.number <= version.number)
    return found


def _said(status: Status, broken: int, reason: str) -> str:
    if status is Status.PASSED:
        return "The training set keeps its policy."
    if status is Status.FOUND:
        return f"The training set breaks its policy in {broken} place{'s' * (broken != 1)}."
    return f"Not judged: {reason}."


def _section(policy: Policy, stock: Stock, n: int) -> Section:
    there = {
        "human": stock.people, "human-verified": stock.verified, "synthetic": stock.synthetic, "unknown": stock.unknown,
    }  # fmt: skip
    limits = ranges_of(policy, n)
    return Section(
        title="What the training rows count as",
        says=("Records by people need the evidence that the policy asks for; what has less counts as unknown.",),
        evidence=(
            Examples(
                caption=f"{n:,} training rows",
                columns=("counted as", "rows", "share", "at least", "at most"),
                cells=tuple(
                    (name, count, round(count / n, 4) if n else None, limits[name].low, limits[name].high)
                    for name, count in there.items()
                ),
            ),
        ),
    )
