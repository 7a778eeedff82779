"""How well reviewers agree: Cohen's and Fleiss' kappa and Krippendorff's alpha, with bootstrap intervals over records.

Records with the same pattern of answers are one group with a count, so that a bootstrap draws counts of patterns and
costs the same for a hundred records as for a million.

Cohen 1960, Educational and Psychological Measurement 20:37. Fleiss 1971, Psychological Bulletin 76:378.
Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from holdfast.core.random import Streams
from holdfast.data.intervals import Interval, exact
from holdfast.data.review.consensus import Opinion

DRAWS = 2_000
FEWEST = 10  # records that two people judged, below which an interval by bootstrap says nothing
_Counts = Float[np.ndarray, "*draws patterns"]
_Of = Callable[[np.ndarray], np.ndarray]  # counts of patterns → coefficient, for each draw


@dataclass(frozen=True)
class Agreement:
    """A coefficient with its interval: 1 is agreement throughout, 0 what chance alone would give."""

    name: str
    value: float  # NaN where it is not defined, such as one answer throughout
    low: float
    high: float
    records: int
    reason: str = ""  # why it is not estimable

    @property
    def estimable(self) -> bool:
        """Whether there is a number."""
        return bool(np.isfinite(self.value))


@dataclass(frozen=True)
class Answers:
    """Answers by record and reviewer, of records that at least two people judged."""

    votes: tuple[tuple[tuple[str, str], ...], ...]
    categories: tuple[str, ...]
    reviewers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.votes)


def answers_of(opinions: Mapping[str, Opinion]) -> Answers:
    """Return the votes about records that several people judged; what was settled later does not count."""
    votes = tuple(one.votes for one in opinions.values() if len(one.votes) > 1)
    categories = tuple(sorted({answer for each in votes for _, answer in each}))
    return Answers(votes, categories, tuple(sorted({name for each in votes for name, _ in each})))


def observed(answers: Answers, level: float = 0.95) -> Interval:
    """Return the share of records that all agree on, with an exact interval."""
    same = sum(len({answer for _, answer in each}) == 1 for each in answers.votes)
    return exact(same, len(answers), level=level)


def krippendorff(answers: Answers, *, level: float = 0.95, seed: int = 0) -> Agreement:
    """Return alpha for nominal answers: any number of reviewers, any gaps. 1 − D_o / D_e over pairs of answers."""
    patterns, counts = _patterns(answers)
    return _coefficient("Krippendorff's alpha", partial(_alpha, patterns), counts, level, seed)


def by_class(answers: Answers, *, level: float = 0.95, seed: int = 0) -> dict[str, Agreement]:
    """Return alpha for each answer against all others together."""
    patterns, counts = _patterns(answers)
    total = patterns.sum(axis=1)
    found = {}
    for place, category in enumerate(answers.categories):
        two = np.stack([patterns[:, place], total - patterns[:, place]], axis=1)
        found[category] = _coefficient(category, partial(_alpha, two), counts, level, seed)
    return found


def fleiss(answers: Answers, *, level: float = 0.95, seed: int = 0) -> Agreement:
    """Return kappa for records that all had the same number of reviewers: the most frequent number."""
    patterns, counts = _patterns(answers)
    if not len(answers):
        return _nothing("Fleiss' kappa", 0, "no record was judged by two people")
    sizes = patterns.sum(axis=1)
    usual = Counter(np.repeat(sizes, counts.astype(int)).tolist()).most_common(1)[0][0]
    kept = sizes == usual
    patterns, counts = patterns[kept], counts[kept]

    def kappa(n: _Counts) -> Float[np.ndarray, "*draws"]:
        agree = (patterns * (patterns - 1)).sum(axis=1) / (usual * (usual - 1))
        seen = n @ agree / n.sum(axis=-1)
        shares = n @ patterns / (n.sum(axis=-1) * usual)[..., None]
        return _beyond_chance(seen, (shares**2).sum(axis=-1))

    return _coefficient("Fleiss' kappa", kappa, counts, level, seed)


def cohen(answers: Answers, first: str, second: str, *, level: float = 0.95, seed: int = 0) -> Agreement:
    """Return kappa of two reviewers, over the records that both judged."""
    name = f"Cohen's kappa, {first} and {second}"
    pairs: Counter[tuple[str, str]] = Counter()
    for each in answers.votes:
        said = dict(each)
        if first in said and second in said:
            pairs[said[first], said[second]] += 1
    if not pairs:
        return _nothing(name, 0, "they judged no record in common")
    place = {category: number for number, category in enumerate(answers.categories)}
    cells = sorted(pairs)
    left = np.eye(len(place))[[place[one] for one, _ in cells]]
    right = np.eye(len(place))[[place[two] for _, two in cells]]
    same = np.array([float(one == two) for one, two in cells])

    def kappa(n: _Counts) -> Float[np.ndarray, "*draws"]:
        total = n.sum(axis=-1)
        chance = ((n @ left) * (n @ right)).sum(axis=-1) / total**2
        return _beyond_chance(n @ same / total, chance)

    return _coefficient(name, kappa, np.array([pairs[one] for one in cells], float), level, seed)


def confusions(answers: Answers, most: int = 5) -> Sequence[tuple[str, str, int]]:
    """Return the pairs of answers that stand against each other most often, with how many records they part."""
    found: Counter[tuple[str, str]] = Counter()
    for each in answers.votes:
        said = sorted({answer for _, answer in each})
        found.update((one, two) for place, one in enumerate(said) for two in said[place + 1 :])
    return [(one, two, n) for (one, two), n in found.most_common(most)]


def _patterns(answers: Answers) -> tuple[Float[np.ndarray, "patterns classes"], Float[np.ndarray, " patterns"]]:
    """Return how often each answer was given, pattern by pattern, and how many records have each pattern."""
    place = {category: number for number, category in enumerate(answers.categories)}
    found: dict[tuple[int, ...], int] = defaultdict(int)
    for each in answers.votes:
        row = [0] * len(place)
        for _, answer in each:
            row[place[answer]] += 1
        found[tuple(row)] += 1
    keys = sorted(found)
    return np.array(keys, float).reshape(len(keys), len(place)), np.array([found[one] for one in keys], float)


def _alpha(patterns: Float[np.ndarray, "patterns classes"], n: _Counts) -> Float[np.ndarray, "*draws"]:
    sizes = patterns.sum(axis=1)
    apart = (patterns * (sizes[:, None] - patterns)).sum(axis=1) / (sizes - 1)
    values = n @ patterns
    total = values.sum(axis=-1)
    seen = n @ apart / total
    chance = (total**2 - (values**2).sum(axis=-1)) / (total * (total - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance > 0, 1.0 - seen / chance, np.nan)


def _beyond_chance(
    seen: Float[np.ndarray, "*draws"], chance: Float[np.ndarray, "*draws"]
) -> Float[np.ndarray, "*draws"]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance < 1, (seen - chance) / (1 - chance), np.nan)


def _coefficient(name: str, of: _Of, counts: Float[np.ndarray, " patterns"], level: float, seed: int) -> Agreement:
    records = int(counts.sum())
    if not records:
        return _nothing(name, 0, "no record was judged by two people")
    value = float(of(counts))
    if not np.isfinite(value):
        return _nothing(
            name, records, "everybody gave the same answer throughout, so that chance alone would do as well"
        )
    if records < FEWEST:
        return Agreement(name, value, np.nan, np.nan, records, f"no interval from fewer than {FEWEST} records")
    drawn = Streams(seed)("review", "agreement").multinomial(records, counts / counts.sum(), size=DRAWS).astype(float)
    values = of(drawn)
    # A draw in which everybody says the same has no coefficient: it agrees throughout.
    values = np.where(np.isfinite(values), values, 1.0)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Agreement(name, value, float(low), float(high), records)


def _nothing(name: str, records: int, reason: str) -> Agreement:
    return Agreement(name, np.nan, np.nan, np.nan, records, reason)
