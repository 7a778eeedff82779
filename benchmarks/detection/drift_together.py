"""How often drift is found that no single column of numbers shows, beside plain tests, as tables.

    python benchmarks/detection/drift_together.py tables                   columns that shift together, or only relate
    python benchmarks/detection/drift_together.py pictures
    python benchmarks/detection/drift_together.py texts --data FOLDER --model FOLDER
    python benchmarks/detection/drift_together.py tables --rows 100 --trials 20      a first look
    python benchmarks/detection/drift_together.py --keep FILE --into docs/data-drift.md      no trials: write the tables

Texts are sentences of movie reviews, a share of which are sentences about goods; FOLDER holds movie_reviews and
customer_reviews (see docs/development data), the model is one of sentence vectors. Pictures are drawn.

What is asked of Holdfast is what its report says: p < 0.05 of the energy distance, and of pairs of columns; an
interval of the model's AUC above 0.5; any of these after Holm's correction; a finding (AUC of 0.6, p < 0.001).
Plain tests see the same rows in the same trial, at 0.05: the energy distance and MMD (Gaussian kernel, median
distance) by permutation, on standardised columns and at most 2,000 rows a side; a classifier that learns from half of
the rows and is asked about the other half (boosting for tables, logistic regression for vectors), its ranks by
Mann-Whitney. Where nothing shifts there are --equal trials, of which each test may call 5% different.

With --keep, what was counted is added to a file, so that parts may run one after the other. The exit code is 1 where
Holdfast calls more equal data different than 5% allow, or where its best test is below the best plain one by more
than 0.05 and chance does not explain it.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.spatial.distance import cdist
from scipy.stats import binomtest, mannwhitneyu

from holdfast.audit.cases.images import drawing, encoded, picture_data
from holdfast.audit.comparison import holm
from holdfast.audit.drifting.lines import lines_of
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.verb import look, sliced
from holdfast.core.dataset import Dataset
from holdfast.data.inference import describe
from holdfast.data.intervals import wilson

SEED = 20261122
SETTINGS = DriftSettings()
LEVEL = 0.05
PERMUTATIONS = 199
_PLAIN_EQUAL = 300  # equal rows a side, of which plain tests are asked as well: their level is theirs by construction
_KEPT_AT_ONCE = 20  # trials
MOST_PLAIN = 2_000  # rows of each side
COLUMNS = 6
SIDE = 32  # points of a picture
POOL = 10_000  # pictures that trials draw theirs from
Seen = dict[str, bool]
Drawn = tuple[tuple[Dataset, ...], tuple[np.ndarray, ...]]  # both versions, and as numbers
Draw = Callable[[np.random.Generator, int, str, float], Drawn]


# What is found


def ours(old: Dataset, new: Dataset) -> Seen:
    """Return what the report says of two versions."""
    seen = look(sliced([("old", old), ("new", new)], SETTINGS), SETTINGS)
    one = seen.steps[0]
    assert one.joint is not None
    assert one.whole is not None
    p_values = [one.joint.p_value, one.whole.p_value]
    found = {"energy": one.whole.p_value < LEVEL}
    if one.related is not None and one.related.n_pairs:
        p_values.append(one.related.p_value)
        found["pairs"] = one.related.p_value < LEVEL
    return found | {
        "model": one.joint.low > 0.5,
        "any": bool(holm(np.array(p_values)).min() < LEVEL),
        "named": any(line.verdict(SETTINGS) for line in lines_of(one)),
        "finding": any(result.check == "joint-drift" and result.findings for result in seen.results),
    }


def plain(old: np.ndarray, new: np.ndarray, rng: np.random.Generator, *, boosting: bool) -> Seen:
    """Return what plain tests say of the same rows as numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    both = np.r_[old, new]
    spread = both.std(axis=0)
    both = (both - both.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    side = np.arange(len(both)) >= len(old)
    order = rng.permutation(len(both))
    learnt, asked = np.array_split(order, 2)
    model = HistGradientBoostingClassifier(early_stopping=False) if boosting else LogisticRegression(C=0.1)
    scores = model.fit(both[learnt], side[learnt]).predict_proba(both[asked])[:, 1]
    classified = mannwhitneyu(scores[side[asked]], scores[~side[asked]], alternative="greater").pvalue
    rows = np.concatenate([order[side[order] == one][:MOST_PLAIN] for one in (False, True)])
    apart = cdist(both[rows], both[rows]).astype(np.float32)
    kernel = np.exp(-(apart**2) / (2 * np.median(apart[np.triu_indices(len(apart), 1)]) ** 2))
    drawn = np.zeros((PERMUTATIONS + 1, len(rows)), dtype=np.float32)
    n = int((~side[rows]).sum())
    drawn[0, :n] = 1.0
    for line in drawn[1:]:
        line[rng.permutation(len(rows))[:n]] = 1.0
    return {
        "plain energy": _permutation(apart, drawn, n) < LEVEL,
        "plain MMD": _permutation(-kernel, drawn, n) < LEVEL,
        "plain classifier": bool(classified < LEVEL),
    }


def _permutation(apart: np.ndarray, drawn: np.ndarray, n: int) -> float:
    """Return the p-value of the difference between pairs across and pairs within."""
    np.fill_diagonal(apart, 0.0)
    m, first = len(apart) - n, drawn @ apart
    inside = np.einsum("ij,ij->i", first, drawn, dtype=np.float64)
    across = first.sum(axis=1, dtype=np.float64) - inside
    other = apart.sum(dtype=np.float64) - inside - 2 * across
    found = 2 * across / (n * m) - inside / (n * (n - 1)) - other / (m * (m - 1))
    return float(1 + (found[1:] >= found[0]).sum()) / len(found)


# What shifts


def tables(rng: np.random.Generator, n: int, what: str, by: float) -> Drawn:
    """Return two versions of six normal columns."""
    old, new = rng.normal(size=(2, n, COLUMNS))
    if what == "means":
        new = new + by
    elif what == "correlation":
        new[:, 1] = by * new[:, 0] + np.sqrt(1 - by**2) * new[:, 1]
    elif what == "sizes":  # of two columns agree, signs do not: no correlation, the same margins
        agree = rng.random(n) < by
        new[agree, 1] = np.abs(new[agree, 0]) * rng.choice([-1, 1], int(agree.sum()))
    sides = tuple(describe("rows", pa.table({f"x{k}": one[:, k] for k in range(COLUMNS)})) for one in (old, new))
    return sides, (old, new)


def texts(vectors: np.ndarray, foreign: np.ndarray) -> Draw:
    """Return how the vectors of sentences are compared, of which a share are of another source."""

    def draw(rng: np.random.Generator, n: int, what: str, by: float) -> Drawn:
        del what
        order = rng.permutation(len(vectors))[: 2 * n]
        replaced = np.flatnonzero(rng.random(n) < by)
        came = rng.permutation(len(foreign))[: len(replaced)]
        points = vectors[order[:n]], vectors[order[n:]].copy()
        points[1][replaced[: len(came)]] = foreign[came]
        return tuple(map(_vectors, points)), points

    return draw


def _vectors(points: np.ndarray) -> Dataset:
    flat = pa.array(np.ascontiguousarray(points, dtype=np.float32).reshape(-1))
    return describe("vectors", pa.table({"vector": pa.FixedSizeListArray.from_arrays(flat, points.shape[1])}))


def pictures(rng: np.random.Generator, n: int, what: str, by: float) -> Drawn:
    """Return two versions of drawn pictures; plain tests read 8 × 8 points of each."""
    pool = _drawn()
    order = rng.permutation(len(pool))[: 2 * n]
    old, new = pool[order[:n]], pool[order[n:]].astype(np.float32)
    if what == "brightness":
        new = new + by
    elif what == "grey":
        new = np.where((rng.random(n) < by)[:, None, None, None], new.mean(axis=3, keepdims=True), new)
    sides = old, np.clip(new, 0, 255).astype(np.uint8)
    step = SIDE // 8
    points = tuple(one.reshape(n, 8, step, 8, step, 3).mean(axis=(2, 4)).reshape(n, -1) for one in sides)
    return tuple(picture_data([encoded(pixels, "JPEG", quality=90) for pixels in one]) for one in sides), points


@cache
def _drawn() -> np.ndarray:
    rng = np.random.default_rng(SEED)
    return np.array([drawing(rng, SIDE, SIDE) for _ in range(POOL)])


SHIFTS: Mapping[str, tuple[tuple[str, str, float], ...]] = {
    "tables": (
        ("nothing", "means", 0.0),
        ("six means by 0.05 sd", "means", 0.05),
        ("six means by 0.1 sd", "means", 0.1),
        ("six means by 0.2 sd", "means", 0.2),
        ("a correlation of 0.2 comes", "correlation", 0.2),
        ("of 0.3", "correlation", 0.3),
        ("of 0.5", "correlation", 0.5),
        ("sizes of two columns agree in half of the rows", "sizes", 0.5),
    ),
    "texts": (
        ("nothing", "share", 0.0),
        ("5% are of another source", "share", 0.05),
        ("10%", "share", 0.1),
        ("20%", "share", 0.2),
    ),
    "pictures": (
        ("nothing", "brightness", 0.0),
        ("all brighter by 2 of 255 levels", "brightness", 2.0),
        ("by 5", "brightness", 5.0),
        ("5% are grey", "grey", 0.05),
        ("20% are grey", "grey", 0.2),
    ),
}
BLOCK = ("energy", "model", "any", "finding", "plain energy", "plain MMD", "plain classifier")
TESTS = {
    "tables": ("energy", "pairs", "model", "any", "finding", "plain energy", "plain MMD", "plain classifier"),
    "texts": BLOCK,
    "pictures": BLOCK,
}  # fmt: skip
ROWS = (100, 300, 1_000, 5_000)
Kept = dict[str, dict[str, dict[str, int]]]  # part → "shift|rows" → test → times seen, and "trials"


def counted(part: str, draw: Draw, rows: list[int], trials: int, equal: int, first: int, keep: Path | None) -> None:
    """Run the trials of a part, and keep what was seen of each shift, some trials at a time."""
    for n in rows:
        for place, (name, what, by) in enumerate(SHIFTS[part]):
            end = first + (trials if by else equal)
            for start in range(first, end, _KEPT_AT_ONCE):
                some = range(start, min(start + _KEPT_AT_ONCE, end))
                told = Counter(trials=len(some))
                for i in some:
                    rng = np.random.default_rng([SEED, n, place, i])
                    sides, points = draw(rng, n, what, by)
                    seen = ours(*sides)
                    if by or n <= _PLAIN_EQUAL:
                        seen |= plain(*points, rng, boosting=part == "tables")
                    told.update({test: int(found) for test, found in seen.items()})
                print(f"{part}, {name}, {n:,}: {dict(told)}", flush=True)
                if keep is not None:
                    _add(keep, part, f"{place}|{n}", told, anew=not start)


def _add(keep: Path, part: str, key: str, told: Counter[str], *, anew: bool) -> None:
    held: Kept = json.loads(keep.read_text()) if keep.exists() else {}
    if not anew:
        told.update(held.get(part, {}).get(key, {}))
    held.setdefault(part, {})[key] = dict(told)
    keep.write_text(json.dumps(held, indent=1))


def written(part: str, held: Mapping[str, Mapping[str, int]]) -> str:
    """Return the table of a part: a line for each shift and number of rows."""
    tests = TESTS[part]
    lines = [f"| what shifts | rows a side | {' | '.join(tests)} | trials |", f"|---|---|{'---|' * (len(tests) + 1)}"]
    for place, (name, _, by) in enumerate(SHIFTS[part]):
        for n in ROWS:
            found = held.get(f"{place}|{n}")
            if found is not None:
                cells = [_share(found.get(test), found["trials"], whole=not by) for test in tests]
                lines.append(f"| {name} | {n:,} | {' | '.join(cells)} | {found['trials']:,} |")
    return "\n".join(lines)


def _share(k: int | None, n: int, *, whole: bool) -> str:
    if k is None:
        return ""
    said = wilson(k, n)
    return f"{said.value:.2f} ({said.low:.2f}–{said.high:.2f})" if whole else f"{said.value:.2f}"


def faults(kept: Kept) -> list[str]:
    """Return where equal data are called different too often, and where plain tests see clearly more."""
    wrong = []
    for part, each in kept.items():
        for place, (name, _, by) in enumerate(SHIFTS[part]):
            for n in ROWS:
                found = each.get(f"{place}|{n}")
                if found is None:
                    continue
                trials, own = found["trials"], [one for one in TESTS[part] if "plain" not in one and one != "finding"]
                if not by:
                    wrong += [
                        f"{part}, {n:,} equal rows: {test} calls {found[test]} of {trials} different"
                        for test in own
                        if binomtest(found[test], trials, LEVEL, alternative="greater").pvalue < 0.001
                    ]
                    continue
                best = max(found[one] for one in own)
                least = max(found[one] for one in TESTS[part] if "plain" in one) - LEVEL * trials
                if best < least and binomtest(best, trials, least / trials, alternative="less").pvalue < 0.01:
                    wrong.append(f"{part}, {name}, {n:,}: {best} of {trials} seen, by a plain test {least:.0f} or more")
    return wrong


def summed(each: Sequence[Kept]) -> Kept:
    """Return what several files counted."""
    found: Kept = {}
    for kept in each:
        for part, held in kept.items():
            for key, told in held.items():
                place = found.setdefault(part, {})
                place[key] = _plus(place.get(key, {}), told)
    return found


def _plus(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def into(page: Path, kept: Kept) -> None:
    """Write the tables into a page, between the marks of their parts."""
    text = page.read_text("utf-8")
    for part, held in kept.items():
        begin, end = f"<!-- measured: {part} -->\n", "<!-- end -->"
        before, mark, after = text.partition(begin)
        if mark:
            text = f"{before}{mark}{written(part, held)}\n{end}{after.partition(end)[2]}"
    page.write_text(text, "utf-8")


def sentences(data: Path, model: str) -> Iterator[np.ndarray]:
    """Yield the vectors of different sentences of either source."""
    from holdfast.audit.facts.learning.embedding import encoded as read
    from holdfast.audit.facts.learning.embedding import text_encoder
    from holdfast.core.progress import Silent

    encode = text_encoder(model)
    for path in ("movie_reviews/rt-polarity.all", "customer_reviews/custrev.all"):
        lines = (data / path).read_text("latin-1").splitlines()
        values = list(dict.fromkeys(line.partition(" ")[2].strip() for line in lines if len(line) > 20))
        yield read(values, encode, Silent())


def main() -> int:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*SHIFTS, []])
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="rows a side")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--equal", type=int, default=300, help="trials where nothing shifts")
    parser.add_argument("--first", type=int, default=0, help="number of the first trial; those before are kept")
    parser.add_argument("--data", type=Path, help="folder of the sentences")
    parser.add_argument("--model", help="folder of a model of sentence vectors")
    parser.add_argument("--keep", type=Path, nargs="+", help="add what is counted to this file; tables are of them all")
    parser.add_argument("--into", type=Path, help="write the tables of --keep into this page")
    told = parser.parse_args()
    for part in told.parts:
        if part == "texts" and not (told.data and told.model):
            parser.error("texts need --data and --model")
        draw = {"tables": tables, "pictures": pictures}.get(part) or texts(*sentences(told.data, told.model))
        counted(part, draw, told.rows, told.trials, told.equal, told.first, told.keep[0] if told.keep else None)
    kept = summed([json.loads(one.read_text()) for one in told.keep or () if one.exists()])
    if told.into:
        into(told.into, kept)
    wrong = faults(kept)
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
