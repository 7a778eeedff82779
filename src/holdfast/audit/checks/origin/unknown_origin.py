from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases.origin import made
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import Count, percent, share_bars
from holdfast.audit.facts.origin.provenance import Provenance
from holdfast.audit.facts.rows.parts import parts
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.core.text import one_line
from holdfast.data.origin import ORIGINS


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Longpre et al. (2024), The Data Provenance Initiative: a large-scale audit of dataset licensing and "
            "attribution in AI, Nature Machine Intelligence 6",
            "https://doi.org/10.1038/s42256-024-00878-8",
        ),
    ),
)
def unknown_origin(dataset: Dataset, provenance: Provenance, *, max_share: float = 0.01) -> Iterator[Finding]:
    """Rows of which nobody knows whether a person or a model made them.

    ## Why it matters
    A policy for mixing can only count what is known, and counts the rest as synthetic. In a test set, rows of unknown
    origin make a score that may be agreement with a model.

    ## How it works
    Counts the rows whose origin is unknown or missing, split by split, and words in the column that are none of
    human, human-verified, synthetic and unknown. Speaks of a split with more than one per cent of them.

    ## Limits
    Says what is not known, not what it is. Detectors cannot fill the gap for single records; `holdfast data scan`
    estimates the share of a corpus instead.

    ## Fix
    Give the origin where the source, the date or a person can tell (`holdfast data add` takes rules for it), or say in
    the policy what unknown rows count as.
    """
    unknown = provenance.of("unknown")
    for name, rows in parts(dataset):
        n, hit = int(rows.sum()), np.flatnonzero(rows & unknown)
        if not n or len(hit) / n <= max_share:
            continue
        share = len(hit) / n
        words = [f"{one_line(word, 30)!r} ({count:,})" for word, count in _most(provenance)]
        odd = f"; the column says {', '.join(words)}, which is none of {', '.join(ORIGINS)}" if words else ""
        where = f"{one_line(name, 40)} " if name is not None else ""
        yield Finding(
            message=f"the origin of {len(hit):,} of {n:,} {where}rows ({percent(share)}) is not known{odd}",
            confidence=Confidence.CERTAIN,
            locations=(Location(rows=hit, columns=(provenance.column,), split=name),),
            evidence=(
                Measure(name="share of rows of unknown origin", value=share, threshold=max_share, unit="share"),
                share_bars(
                    "Origin of the rows",
                    (Count(origin, "", int((rows & provenance.of(origin)).sum()), n) for origin in ORIGINS),
                    x_name="origin",
                    y_name="share of rows",
                ),
            ),
            fix="Give the origin where the source, the date or a person can tell (`holdfast data add` takes rules for "
            "it), or say in the policy what unknown rows count as.",
        )


def _most(provenance: Provenance) -> list[tuple[str, int]]:
    return sorted(provenance.misspelt.items(), key=lambda one: (-one[1], one[0]))[:3]


@planted(at=Location(rows=tuple(range(90, 100))))
def a_tenth(rng: np.random.Generator) -> Dataset:
    """A tenth of the rows is of unknown origin, some by word, some by silence."""
    return made(rng, ["human"] * 60 + ["synthetic"] * 30 + ["unknown", None] * 5)


@planted(at=Location(rows=(80, 99), split="test"))
def another_word(rng: np.random.Generator) -> Dataset:
    """The test rows say "Human", which is none of the words."""
    return made(rng, ["human"] * 80 + ["Human"] * 20, ["train"] * 80 + ["test"] * 20)


@clean
def all_known(rng: np.random.Generator) -> Dataset:
    """Every row has an origin, synthetic ones too."""
    return made(rng, ["human"] * 60 + ["synthetic"] * 30 + ["human-verified"] * 10)


@clean
def one_in_a_hundred(rng: np.random.Generator) -> Dataset:
    """One row in a hundred is unknown, as much as is tolerated."""
    return made(rng, ["human"] * 99 + ["unknown"])
