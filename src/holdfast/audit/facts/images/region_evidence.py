"""What is shown of a place in the pictures that tells the class: its score, that of the rest, a heat map, pictures."""

import numpy as np

from holdfast.audit.evidence.images import pictures, thumbnail
from holdfast.audit.facts.images.regions import SIDE, Regions, grown
from holdfast.audit.facts.labels.predictiveness import Answer
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Evidence, Finding, Location, Pictures, Series, Severity
from holdfast.core.finding import Grid as HeatMap

_MOST_OF_IT = 0.8  # of a perfect score that a place must tell for an error, with the rest telling half of that
_SHOWN = 6


def region_finding(
    dataset: Dataset, regions: Regions, k: int, cells: np.ndarray, answer: Answer, *, where: str, least: float, fix: str
) -> Finding:
    """Return the finding that `cells` (a mask) tell the class `judged[k]`, as `answer` says.

    It is an error where they nearly give the class away and the rest of the picture tells less than half of that.
    """
    rest = regions.of_pixels(~grown(cells), k)
    whole = regions.of_pixels(np.ones((SIDE, SIDE), dtype=bool), k)
    name = regions.name(k)
    alone = answer.gain >= _MOST_OF_IT and rest.gain <= answer.gain / 2
    shown = {where: answer, "everything else": rest, "the whole picture": whole}
    evidence: list[Evidence] = [
        answer.measure(f"AUC of {where}", least),
        HeatMap(
            name=f"AUC of each place for class {name!r}",
            values=tuple(tuple(round(float(v), 3) for v in line) for line in regions.areas[:, :, k]),
            low=0.5,
            high=1.0,
            picture=thumbnail(dataset, regions.typical[k]),
        ),
        Series(
            name=f"What tells class {name!r}",
            x=tuple(shown),
            y=tuple(round(item.value, 4) for item in shown.values()),
            low=tuple(round(item.low, 4) for item in shown.values()),
            high=tuple(round(item.high, 4) for item in shown.values()),
            x_name="given to a small model",
            y_name="AUC",
            shape="bar",
        ),
        *_examples(dataset, regions, k, regions.joint(k, cells)),
    ]
    return Finding(
        message=f"{where[:1].upper()}{where[1:]} alone tells pictures of class {name!r} from others with AUC "
        f"{answer.value:.3f} (95% interval {answer.low:.3f} to {answer.high:.3f}); everything else reaches "
        f"{rest.value:.3f}, the whole picture {whole.value:.3f}, with the same small model",
        severity=Severity.ERROR if alone else Severity.WARNING,
        confidence=Confidence.HIGH if alone else Confidence.MEDIUM,
        locations=(Location(columns=(regions.images.column,)),),
        evidence=tuple(evidence),
        fix=fix,
    )


def _examples(dataset: Dataset, regions: Regions, k: int, score: np.ndarray) -> tuple[Pictures, ...]:
    """Return pictures that the place puts into the class most surely, and those it puts into it least."""
    order = np.argsort(-score, kind="stable")
    name = regions.name(k)
    groups = (
        (order[:_SHOWN], f"Pictures that this place puts into class {name!r} first"),
        (order[::-1][:_SHOWN], f"Pictures that this place puts into class {name!r} last"),
    )
    found = (pictures(dataset, regions.question.rows[rows], caption) for rows, caption in groups)
    return tuple(one for one in found if one is not None)
