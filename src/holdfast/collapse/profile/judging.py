"""Profiles as a result of a run: each way to fail of the last generation is a finding."""

from collections.abc import Iterator, Sequence

from holdfast.collapse.profile.profile import FORGOTTEN, Profile
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.core.record import CheckResult, Citation, Status

NAME = "way-to-fail"
FAMILY = "generations"
# The ratio that a diagnosis rests on.
RESTS_ON = {"collapse": "inherited", "mode collapse": "intrinsic", "forgetting": "domain", "overfitting": "gap"}
CURES = {
    "collapse": "Give each generation fresh real data; `holdfast collapse plan` says how much.",
    "mode collapse": "Look at how the model is drawn from (temperature, top-p, beams), then at the model itself.",
    "overfitting": "Train in fewer passes, or a smaller model.",
    "forgetting": "Replay some of the old domain with the new one.",
}
_WHY = (
    "A loss that the model inherited, one that it adds, one of a whole domain and one that only its training set is "
    "spared look alike in a single score, and each has another cure: fresh real data help against collapse and do "
    "nothing against a temperature that is too low."
)
_REFERENCES = (
    Citation(
        text="Schaeffer et al. (2025), Position: Model Collapse Does Not Mean What You Think, arXiv:2503.03150",
        url="https://arxiv.org/abs/2503.03150",
    ),
)


def judged(names: Sequence[str], found: Sequence[Profile]) -> CheckResult:
    """Return the result: what the last generation shows."""
    findings = tuple(_findings(names, found))
    return CheckResult(
        check=NAME,
        title="A generation fails in one of the known ways",
        family=FAMILY,
        why=_WHY,
        references=_REFERENCES,
        status=Status.FOUND if findings else Status.PASSED,
        findings=findings,
    )


def since(name: str, found: Sequence[Profile]) -> int:
    """Return the first generation that shows a way to fail."""
    return 1 + next(i for i, one in enumerate(found) if name in one.found)


def _findings(names: Sequence[str], found: Sequence[Profile]) -> Iterator[Finding]:
    last = found[-1]
    for name in last.found:
        ratio = last.ratios[RESTS_ON[name]]
        stage = f" ({last.stage})" if name == "collapse" and last.stage else ""
        limit = ratio.high if name == "overfitting" else FORGOTTEN if name == "forgetting" else ratio.low
        yield Finding(
            check=NAME,
            message=(
                f"{names[-1]} shows {name}{stage}, first seen in generation {since(name, found)}: {ratio.name} is "
                f"{ratio.value:.2f}, by chance it is {ratio.low:.2f} to {ratio.high:.2f}"
            ),
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            locations=(Location(file=names[-1]),),
            evidence=(Measure(name=f"{ratio.name}: {ratio.says}", value=ratio.value, threshold=limit),),
            fix=CURES[name],
        )
