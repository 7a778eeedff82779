"""Measure the alarms of `holdfast collapse watch`: false alarms in healthy settings, delays in collapsing ones.

    python benchmarks/detection/alarm.py                1,000 runs of 100 generations each, some minutes on two cores
    python benchmarks/detection/alarm.py --short        100 runs of 30 generations
    python benchmarks/detection/alarm.py --texts FILE   the whole of `watch` on real documents, a line each

Each generation shows 2,000 fresh items; 20,000 real items are held out; a loss of 10% is tolerated; alpha is 0.05.
Histories come from the laboratory itself: normal distributions, and counts of word-like types.
The exit code is 1 when a healthy setting raises more alarms than alpha allows, by more than chance.
"""

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from holdfast.audit.generations import threshold
from holdfast.collapse.alarm.combining import averaged
from holdfast.collapse.alarm.coverage import EDGES
from holdfast.collapse.alarm.drift import conformal_ranks, drift_path
from holdfast.collapse.alarm.rules import NEVER, ten_percent_drop, two_percent_change
from holdfast.collapse.alarm.stream import drift_detector, loss_detector
from holdfast.collapse.alarm.tails import floors, loss_paths
from holdfast.collapse.lab.experiment import Experiment, arms
from holdfast.collapse.lab.loop import Block, begun, generations
from holdfast.collapse.reading.sets import SampleItems
from holdfast.collapse.watching.sets import WatchSettings, look
from holdfast.core.random import Streams

ITEMS, HELD, EPS, ALPHA, TAIL = 2_000, 20_000, 0.1, 0.05, 0.05
SEED = 20261122


@dataclass(frozen=True)
class Setting:
    """A regime with its sample size. `healthy` is one in which nothing that matters is ever lost."""

    name: str
    regime: str
    samples: int
    healthy: bool


SETTINGS = (
    Setting("the source itself", "exact", 1, healthy=True),
    Setting("fresh, M = 20,000", "fresh", 20_000, healthy=True),
    Setting("accumulate, M = 20,000", "accumulate", 20_000, healthy=True),
    Setting("accumulate, M = 1,000", "accumulate", 1_000, healthy=False),
    Setting("replace, M = 50", "replace", 50, healthy=False),
    Setting("replace, M = 100", "replace", 100, healthy=False),
    Setting("replace, M = 300", "replace", 300, healthy=False),
    Setting("replace, M = 1,000", "replace", 1_000, healthy=False),
)


@dataclass(frozen=True)
class Paths:
    """Models over generations, one history a column."""

    mean: np.ndarray
    sd: np.ndarray


def histories(setting: Setting, runs: int, length: int, streams: Streams) -> Paths:
    """Return the models of generations 1 to `length`."""
    if setting.regime == "exact":
        return Paths(np.zeros((length, runs)), np.ones((length, runs)))
    if setting.regime == "fresh":
        rng, m = streams(setting.name), setting.samples
        spread = np.sqrt(rng.chisquare(m - 1, (length, runs)) / (m - 1))
        return Paths(rng.standard_normal((length, runs)) / np.sqrt(m), spread)
    experiment = Experiment(
        learner="gaussian", samples=setting.samples, generations=length, replicates=runs, regimes=(setting.regime,)
    )
    [arm] = arms(experiment)
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    block = Block(0, runs)
    for _ in generations(
        arm, block, streams, begun(arm, block, streams), lambda _, model: seen.append((model.mean, model.sd))
    ):
        pass
    return Paths(np.array([mean for mean, _ in seen[1:]]), np.array([sd for _, sd in seen[1:]]))


@dataclass(frozen=True)
class Tails:
    """What layer A and the rules see: hits of both tails, the floors, and when a loss was real."""

    hits: np.ndarray
    floor: np.ndarray
    breach: np.ndarray  # first generation in which a tail has lost more than EPS; 0 where none has
    half: np.ndarray  # … more than half


def tails_of(paths: Paths, rng: np.random.Generator) -> Tails:
    """Draw the real items that make the strata and the floors, then the items of every generation."""
    runs = paths.mean.shape[1]
    rank = round(TAIL * HELD)
    low = ndtri(rng.beta(rank, HELD - rank + 1, runs))  # an order statistic of the reference
    high = -ndtri(rng.beta(rank, HELD - rank + 1, runs))
    rates = np.stack([ndtr(low), ndtr(-high)], axis=-1)
    floor = floors(_both(HELD, rates, rng), HELD, ALPHA / 2)
    now = np.stack([ndtr((low - paths.mean) / paths.sd), ndtr((paths.mean - high) / paths.sd)], axis=-1)
    kept = (now / rates).min(axis=-1)
    return Tails(_both(ITEMS, now, rng), floor, _first(kept < 1 - EPS), _first(kept < 0.5))


def _both(items: int, rates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how many of the items fall into each of two regions that exclude each other."""
    left = rng.binomial(items, rates[..., 0])
    rest = np.clip(rates[..., 1] / np.maximum(1 - rates[..., 0], 1e-12), 0, 1)
    return np.stack([left, rng.binomial(items - left, rest)], axis=-1)


def _first(crossed: np.ndarray) -> np.ndarray:
    """Return the first generation, from 1, in which it is so; 0 where it never is."""
    return np.where(crossed.any(axis=0), crossed.argmax(axis=0) + 1, 0)


def _none(first: np.ndarray) -> np.ndarray:
    return np.where(first == NEVER, 0, first)


def alarms(logs: np.ndarray, at: float) -> np.ndarray:
    """Return the generation of the first alarm, 0 where there is none."""
    return _first(logs >= np.log(at))


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    setting: Setting
    what: str
    first: np.ndarray  # generation of the alarm, 0 for none
    truth: np.ndarray | None = None  # generation of the breach

    @property
    def share(self) -> float:
        """In which share of runs there was an alarm."""
        return float((self.first > 0).mean())

    @property
    def delay(self) -> float:
        """The median generation of the alarm, where there was one."""
        return float(np.median(self.first[self.first > 0])) if (self.first > 0).any() else float("nan")

    @property
    def early(self) -> int:
        """How many alarms came before anything that is not tolerated was lost."""
        if self.truth is None:
            return 0
        return int(((self.first > 0) & ((self.truth == 0) | (self.first < self.truth))).sum())


def campaign(settings: Sequence[Setting], runs: int, length: int) -> Iterator[Row]:
    """Measure the layers and the rules on normal distributions."""
    streams = Streams(SEED)
    for setting in settings:
        paths = histories(setting, runs, length, streams)
        seen = tails_of(paths, streams("tails", setting.name))
        items, halves = np.full(length, ITEMS), np.full(2, 0.5)
        yield Row(setting, "half of a tail is gone", seen.half)
        logs = averaged(loss_paths(seen.hits, items, seen.floor, EPS), halves)
        yield Row(setting, "A: tails", alarms(logs, threshold(ALPHA, ALPHA / 2)), seen.breach)
        yield Row(setting, "A at alpha/2", alarms(logs, threshold(ALPHA / 2, ALPHA / 4)), seen.breach)
        # A detector of tails has spent half of its alpha on the bounds; the run length is promised by the other half.
        stream = averaged(loss_detector(seen.hits, items, seen.floor, EPS), halves)
        yield Row(setting, "C: tails, endless", alarms(stream, threshold(ALPHA, ALPHA / 2)), seen.breach)
        share, real = seen.hits.sum(axis=-1) / ITEMS, np.full(runs, 2 * TAIL)
        yield Row(setting, "rule: 10% drop", _none(ten_percent_drop(share, real)), seen.breach)
        yield Row(setting, "rule: 2% change", _none(two_percent_change(share, real)), seen.breach)
        yield from drift_rows(setting, paths, streams)


def drift_rows(setting: Setting, paths: Paths, streams: Streams) -> Iterator[Row]:
    """Measure layer B with the spread of 2,000 items; controls are fits of the same size on real items."""
    runs = paths.sd.shape[1]
    rng = streams("drift", setting.name)
    seen = paths.sd * _shaken(paths.sd.shape, rng)
    for n in (10, 20, 50):
        fitted = np.ones((n, runs))
        if setting.samples > 1:
            fitted = np.sqrt(rng.chisquare(setting.samples - 1, (n, runs)) / (setting.samples - 1))
        controls = fitted * _shaken(fitted.shape, rng)
        for side in ("low", "both"):
            ranks = conformal_ranks(controls[..., None], seen[..., None], rng, side)
            yield Row(setting, f"B: spread, {side}, C = {n}", alarms(drift_path(ranks), 1 / ALPHA))
            if n == 10 and side == "both":
                yield Row(setting, "C: drift, endless", alarms(drift_detector(ranks), 1 / ALPHA))


def _shaken(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return np.sqrt(rng.chisquare(ITEMS - 1, shape) / (ITEMS - 1))


COUNT_SETTINGS = (
    Setting("fresh, M = 20,000 tokens", "fresh", 20_000, healthy=True),
    Setting("the source itself", "exact", 1, healthy=True),
    Setting("replace, M = 2,000 tokens", "replace", 2_000, healthy=False),
    Setting("replace, M = 10,000 tokens", "replace", 10_000, healthy=False),
    Setting("replace, M = 50,000 tokens", "replace", 50_000, healthy=False),
)
TYPES, EXPONENT = 2_000, 1.1


def counts_campaign(settings: Sequence[Setting], runs: int, length: int) -> Iterator[Row]:
    """Measure layer A's coverage strata on word-like types: Zipf, fitted by frequencies, 2,000 tokens shown."""
    truth = np.arange(1, TYPES + 1.0) ** -EXPONENT
    truth /= truth.sum()
    expected = truth * ITEMS
    groups = np.searchsorted(EDGES, expected, side="right") - 1
    inside = np.array([(groups == j) & (expected > 0) for j in range(len(EDGES) - 1)])
    mass = inside @ truth
    for setting in settings:
        rng = Streams(SEED)("counts", setting.name)
        real = 1 - np.exp(-expected)  # coverage by real samples, type by type
        spread = np.sqrt((inside * (truth**2 * real * (1 - real))).sum(axis=1)) / mass
        covered = _coverage(rng.multinomial(ITEMS, np.tile(truth, (runs, 1))), inside, truth, mass)
        asked = rng.binomial(HELD, np.tile(mass, (runs, 1)))
        hits = rng.binomial(asked, covered)
        bound = np.stack([floors_each(hits[:, j], asked[:, j]) for j in range(len(mass))], axis=1)
        floor = np.maximum(0.0, bound - 3 * np.sqrt(2) * spread)
        found, trials, kept, seen = [], [], [], []
        model = np.tile(truth, (runs, 1))
        chunk = HELD // length
        for _ in range(length):
            if setting.regime == "replace":
                model = rng.multinomial(setting.samples, model) / setting.samples
            elif setting.regime == "fresh":
                model = rng.multinomial(setting.samples, np.tile(truth, (runs, 1))) / setting.samples
            covered = _coverage(rng.multinomial(ITEMS, model), inside, truth, mass)
            n = rng.binomial(chunk, np.tile(mass, (runs, 1)))
            found.append(rng.binomial(n, covered))
            trials.append(n)
            whole = inside @ (truth * real) / mass
            seen.append((covered / whole).min(axis=1))
            kept.append((_expected(model, inside, truth, mass) / whole).min(axis=1))
        logs = averaged(loss_paths(np.array(found), np.array(trials), floor, EPS), np.full(len(mass), 1 / len(mass)))
        breach = _first(np.array(kept) < 1 - EPS)
        yield Row(setting, "10% of a stratum is gone", breach)
        yield Row(setting, "A: coverage", alarms(logs, threshold(ALPHA, ALPHA / 2)), breach)
        yield Row(setting, "rule: 10% drop", _none(ten_percent_drop(np.array(seen), np.ones(runs))), breach)
        yield Row(setting, "rule: 2% change", _none(two_percent_change(np.array(seen), np.ones(runs))), breach)


def _coverage(counts: np.ndarray, inside: np.ndarray, truth: np.ndarray, mass: np.ndarray) -> np.ndarray:
    return np.clip((counts > 0) @ (inside * truth).T / mass, 0.0, 1.0)


def _expected(model: np.ndarray, inside: np.ndarray, truth: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Return the coverage that samples of a model have on average."""
    return (1 - np.exp(-ITEMS * model)) @ (inside * truth).T / mass


def floors_each(hits: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return the bound of one of three strata for each run."""
    from scipy.special import betaincinv

    return betaincinv(hits, asked - hits + 1, ALPHA / 2 / 3)


def failures(rows: Sequence[Row]) -> list[str]:
    """Return what should not be: healthy settings with more alarms than alpha, alarms of layer A before a breach."""
    found = []
    for row in rows:
        if row.what.startswith(("rule", "half", "10%", "C:")) or not row.setting.healthy:
            continue
        if row.what.startswith("B") and row.setting.regime == "accumulate":
            continue  # what accumulates does not lose its tails, but its generations are not exchangeable either
        runs, count = len(row.first), int((row.first > 0).sum())
        if binom.sf(count - 1, runs, ALPHA) < 0.001:
            found.append(f"{row.setting.name}, {row.what}: {count} alarms in {runs} healthy runs")
    return found


def run_lengths(rows: Sequence[Row], length: int) -> str:
    """Return how long the detectors of layer C run in healthy settings before a false alarm."""
    lines = [f"| setting | what | mean run, cut at {length} | promised |", "|---|---|---|---|"]
    for row in rows:
        if row.what.startswith("C:") and row.setting.healthy:
            mean = np.where(row.first > 0, row.first, length).mean()
            lines.append(f"| {row.setting.name} | {row.what} | {mean:.0f} | {1 / ALPHA:.0f} |")
    return "\n".join(lines)


def markdown(rows: Sequence[Row], whats: Sequence[str]) -> str:
    """Return a table: a line a setting, in each cell the share of runs with an alarm and its median generation."""
    lines = [f"| setting | {' | '.join(whats)} |", "|---" * (len(whats) + 1) + "|"]
    for setting in dict.fromkeys(row.setting for row in rows):
        found = {row.what: row for row in rows if row.setting == setting}
        lines.append(f"| {setting.name} | {' | '.join(_cell(found[what]) for what in whats)} |")
    return "\n".join(lines)


def _cell(row: Row) -> str:
    alarms, early = int((row.first > 0).sum()), ""
    if row.truth is not None and row.early:
        early = ", all too early" if row.early == alarms else f", {row.early / alarms:.0%} of them too early"
    return f"{row.share:.1%}" + (f" ({row.delay:g}{early})" if row.share else "")


FIRST = (
    "half of a tail is gone",
    "A: tails",
    "A at alpha/2",
    "C: tails, endless",
    "rule: 10% drop",
    "rule: 2% change",
)
SECOND = (*(f"B: spread, {side}, C = {n}" for side in ("low", "both") for n in (10, 20, 50)), "C: drift, endless")
THIRD = ("10% of a stratum is gone", "A: coverage", "rule: 10% drop", "rule: 2% change")


def real_texts(path: Path, runs: int) -> Iterator[str]:
    """Yield how often the whole of `watch` raises an alarm on real documents, a line each in a file.

    Healthy generations are further real documents; collapsing ones come from a bigram model that is fitted on 1,500
    documents and then on its own output.
    """
    lines = [line.strip() for line in path.read_text("latin-1").split("\n") if len(line) > 5]
    yield f"| {path.name} | runs | alarm of layer A | alarm of layer B | median generation of the first |"
    yield "|---|---|---|---|---|"
    for name, collapsing in (("further real documents", False), ("a bigram model on its own output", True)):
        found = []
        for number in range(runs if not collapsing else max(1, runs // 4)):
            rng = random.Random(number)
            rng.shuffle(lines)
            real, rest = lines[:5_000], lines[5_000:]
            sets = list(_retrained(rest[:1_500], 10, rng)) if collapsing else list(_chunks(rest, 8))
            metrics = ("rarefied-types", "distinct-ngrams", "unseen-words")
            given = [_texts(f"gen{t}", one) for t, one in enumerate(sets, start=1)]
            looked = look(_texts("real", real), given, WatchSettings(seed=number, metrics=metrics))
            found.append([alarm.first(looked.alpha) for alarm in looked.generations.alarms])
        first = [min(at for at in one if at is not None) + 1 for one in found if any(at is not None for at in one)]
        shares = [sum(one[layer] is not None for one in found) / len(found) for layer in (0, 1)]
        median = f"{np.median(first):g}" if first else ""
        yield f"| {name} | {len(found)} | {shares[0]:.1%} | {shares[1]:.1%} | {median} |"


def _texts(name: str, lines: Sequence[str]) -> SampleItems:
    return SampleItems(name, len(lines), name, texts=tuple(lines))


def _chunks(lines: Sequence[str], n: int) -> Iterator[Sequence[str]]:
    size = len(lines) // n
    return (lines[i * size : (i + 1) * size] for i in range(n))


def _retrained(lines: Sequence[str], generations: int, rng: random.Random) -> Iterator[list[str]]:
    """Yield the output of a bigram model that is fitted on its own output, as many documents each time."""
    for _ in range(generations):
        following: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            for one, two in pairwise(("", *line.split(), "")):
                following[one].append(two)
        lines = [" ".join(_walk(following, rng)) or "." for _ in lines]
        yield list(lines)


def _walk(following: Mapping[str, Sequence[str]], rng: random.Random) -> Iterator[str]:
    word = ""
    for _ in range(80):
        word = rng.choice(following[word])
        if not word:
            return
        yield word


def main() -> int:
    """Run the campaign and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--generations", type=int)
    parser.add_argument(
        "--texts", type=Path, help="a file with a document a line: watch on real texts, and nothing else"
    )
    wanted = parser.parse_args()
    if wanted.texts:
        for line in real_texts(wanted.texts, wanted.runs or 40):
            print(line, flush=True)
        return 0
    runs = wanted.runs or (100 if wanted.short else 1_000)
    length = wanted.generations or (30 if wanted.short else 100)
    started = time.process_time()
    rows = list(campaign(SETTINGS, runs, length))
    counted = list(counts_campaign(COUNT_SETTINGS, runs, length))
    tables = (markdown(rows, FIRST), markdown(rows, SECOND), run_lengths(rows, length), markdown(counted, THIRD))
    print("\n\n".join(tables))
    print(f"\n{runs:,} runs of {length} generations, {time.process_time() - started:.0f} CPU seconds")
    wrong = failures([*rows, *counted])
    print("\n".join(wrong) or "no healthy setting raises more alarms than it may")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
