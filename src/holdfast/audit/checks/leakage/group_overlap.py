from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import row_pairs
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.likeness import GroupLikeness, Likeness
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Evidence, Finding, Location, Measure, Remedy, Series, Severity

_ALIKE_LABEL = 0.05  # a design effect of 1.2 with five rows a group: enough to narrow an interval falsely by a tenth
_ALIKE_FEATURE = 0.2  # a model that finds the group in the features can use it
_LEAST_SHARE_INFERRED = 0.01  # a handful of test rows may agree in an inferred key by chance
_SHOWN = 12


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.2 (non-independence between train and test)",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Saeb et al. (2017), The need to approximate the use-case in clinical machine learning, GigaScience 6(5)",
            "https://doi.org/10.1093/gigascience/gix019",
        ),
    ),
)
def group_overlap(
    dataset: Dataset,
    groups: Groups,
    group_likeness: GroupLikeness,
    split_of: SplitOf,
    *,
    max_share: float = 0.0,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Test rows that belong to a person, thing or group which the training data also holds.

    ## Why it matters
    Records of one patient, user or machine resemble each other. A model can recognise the patient instead of the
    disease; on new patients the score then falls.

    ## How it works
    Groups are those you name (`--group`), an id that repeats, a column called like the key of persons or things
    (`Patient ID`, `user`, `machine_no`) with many small groups, a number that names of files begin with
    (`00000013_005.png`), or columns whose values repeat together across rows
    far more often than independence allows (age, height and site of the same person on each record). A test row
    whose group has a training row counts. How alike rows of a group are is measured by the intraclass correlation
    of the label and of each feature. It is an error when the groups are named and rows of a group are alike beyond
    chance; otherwise a warning.

    ## Limits
    An inferred key may join two persons who agree in everything, or be a place or product rather than a person.
    Whether new persons or known ones will be met in practice is yours to know: if known ones only, an overlap is right.
    Columns that repeat together are looked for in at most 20,000 rows.

    ## Fix
    Split by group, so that all records of one person are on one side.
    """
    train, test = split_of.train, split_of.test
    held = np.zeros(groups.n_groups + 1, dtype=bool)  # the last place is that of rows without a group
    held[groups.codes[train]] = True
    held[-1] = False
    rows = np.flatnonzero(test & held[groups.codes])
    n_test = int(test.sum())
    share = len(rows) / n_test
    least = max_share if groups.certain else max(max_share, _LEAST_SHARE_INFERRED)
    if share <= least:
        return
    alike = _alike(group_likeness, alpha)
    certain = groups.certain and alike
    n_shared = len(np.unique(groups.codes[rows]))
    what = groups.title if groups.certain else f"an inferred group ({groups.title})"
    yield Finding(
        message=f"{len(rows):,} of {n_test:,} test rows ({share:.1%}) belong to {what} that is also in the training "
        f"data ({n_shared:,} groups on both sides)" + ("" if alike else "; rows of a group are hardly alike"),
        severity=Severity.ERROR if certain else Severity.WARNING,
        confidence=_confidence(groups, alike=alike),
        locations=(Location(rows=rows, columns=groups.columns, split="test"),),
        evidence=(
            Measure(name="share of test rows whose group is in train", value=share, threshold=least, unit="share"),
            *_evidence(groups, group_likeness),
            row_pairs(dataset, rows, _partners(groups, rows, train), "Test rows and a training row of their group"),
        ),
        fix=f"Split by {groups.title}, so that all its rows are on one side.",
        remedy=_remedy(groups),
    )


def _remedy(groups: Groups) -> Remedy:
    """Return the split by group; groups that no column holds as such are told row by row."""
    if groups.origin != "file":
        return Remedy(op="regroup-split", columns=groups.columns)
    alone = np.arange(len(groups.codes)) + groups.n_groups  # a row without a group stands for itself
    codes = np.where(groups.codes >= 0, groups.codes, alone)
    return Remedy(op="regroup-split", columns=groups.columns, groups=tuple(codes.tolist()))


def _alike(found: GroupLikeness, alpha: float) -> bool:
    """Return whether rows of a group are alike beyond chance, in the label or in some feature."""
    if found.label is not None and found.label.value >= _ALIKE_LABEL and found.label.p_value < alpha / 2:
        return True
    limit = alpha / 2 / max(1, len(found.features))
    return any(item.value >= _ALIKE_FEATURE and item.p_value < limit for item in found.features.values())


def _confidence(groups: Groups, *, alike: bool) -> Confidence:
    if groups.given:
        return Confidence.CERTAIN
    if groups.certain:
        return Confidence.HIGH if alike else Confidence.MEDIUM
    return Confidence.MEDIUM if alike else Confidence.LOW


def _evidence(groups: Groups, found: GroupLikeness) -> Iterator[Evidence]:
    if found.label is not None:
        yield Measure(
            name="likeness of the label within groups (intraclass correlation)",
            value=found.label.value,
            threshold=_ALIKE_LABEL,
            p_value=found.label.p_value,
        )
    if groups.bundle is not None:
        yield Measure(
            name=f"agreement in {', '.join(groups.bundle.steady)} of rows that share {', '.join(groups.bundle.anchor)}",
            value=groups.bundle.within,
            threshold=groups.bundle.chance,
            unit="share",
        )
    shown: list[tuple[str, Likeness]] = list(found.features.items())[:_SHOWN]
    if shown:
        yield Series(
            name="likeness within groups",
            x=tuple(name for name, _ in shown),
            y=tuple(item.value for _, item in shown),
            x_name="feature",
            y_name="intraclass correlation",
            shape="bar",
        )


def _partners(groups: Groups, rows: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return for each row the first training row of its group."""
    first = np.full(groups.n_groups + 1, -1, dtype=np.int64)
    candidates = np.flatnonzero(train & (groups.codes >= 0))[::-1]
    first[groups.codes[candidates]] = candidates
    return first[groups.codes[rows]]


def _records(rng: np.random.Generator, n_persons: int = 120, size: int = 4) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return who each record is about, and columns: two that resemble the person, one that does not, and the label."""
    who = np.repeat(np.arange(n_persons), size)
    trait = rng.normal(size=n_persons)[who]
    columns = {
        "pressure": trait + 0.5 * rng.normal(size=len(who)),
        "pulse": trait + rng.normal(size=len(who)),
        "noise": rng.normal(size=len(who)),
        "y": np.where(trait + 0.5 * rng.normal(size=len(who)) > 0, "ill", "well"),
    }
    return who, columns


def _every_fourth(who: np.ndarray) -> list[str]:
    return ["test" if i % 4 == 3 else "train" for i in range(len(who))]


@planted(at=Location(rows=(3, 7), columns=("visitor",), split="test"))
def given_groups(rng: np.random.Generator) -> Dataset:
    """The fourth record of each named group is in the test set."""
    who, columns = _records(rng)
    return subject({"visitor": who, **columns}, split=_every_fourth(who), visitor="group")


@planted(at=Location(columns=("patient_id",)))
def patients_by_name(rng: np.random.Generator) -> Dataset:
    """Nobody names the groups, but a column is called patient_id; the split is random."""
    who, columns = _records(rng)
    split = rng.choice(["train", "test"], len(who), p=[0.8, 0.2])
    return subject({"patient_id": [f"P{i:04}" for i in who], **columns}, split=split)


@planted(at=Location(columns=("age", "height", "eyes", "site")))
def persons_without_a_key(rng: np.random.Generator) -> Dataset:
    """No column names the person, but age, height, eyes and site stay the same from record to record."""
    who, columns = _records(rng, 150)
    steady = {
        "age": rng.integers(20, 90, 150)[who],
        "height": rng.integers(150, 200, 150)[who],
        "eyes": rng.choice(list("abcd"), 150)[who],
        "site": rng.choice(list("uvwxyz"), 150)[who],
    }
    return subject({**steady, **columns}, split=rng.choice(["train", "test"], len(who), p=[0.8, 0.2]))


@planted(at=Location(columns=("file",), split="test"))
def patients_in_file_names(rng: np.random.Generator) -> Dataset:
    """Names of files begin with the number of the patient, and patients are on both sides."""
    n = 300
    who = rng.permutation(np.repeat(np.arange(100), 3))
    nth = np.array([int((who[:i] == w).sum()) for i, w in enumerate(who)])
    trait = rng.normal(size=(100, 2))[who]
    files = np.array([f"scans/{1000 + w}_{k:03d}.png" for w, k in zip(who, nth, strict=True)])
    columns = {"file": files, "a": trait[:, 0] + 0.1 * rng.normal(size=n), "b": trait[:, 1], "y": trait[:, 0] > 0}
    return subject(columns, split=np.where(np.arange(n) < 220, "train", "test"), file="metadata")


@clean
def split_by_patient(rng: np.random.Generator) -> Dataset:
    """All records of a patient are on one side."""
    who, columns = _records(rng)
    return subject({"patient_id": who, **columns}, split=["test" if i % 5 == 0 else "train" for i in who])


@clean
def ordinary_categories(rng: np.random.Generator) -> Dataset:
    """Categories and whole numbers that depend on each other but belong to nobody."""
    n = 600
    city = rng.integers(0, 40, n)
    return subject(
        {
            "city": [f"city {i}" for i in city],
            "region": [f"region {i // 8}" for i in city],
            "rooms": rng.integers(1, 7, n),
            "price": 100.0 * city + rng.normal(size=n),
            "y": rng.choice(["sold", "open"], n),
        },
        split=rng.choice(["train", "test"], n, p=[0.8, 0.2]),
    )
