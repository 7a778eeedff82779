"""The alarm of the laboratory over real versions: lost tails, and drift away from the first one."""

import re
from collections.abc import Sequence

from holdfast.collapse.reading.sets import SampleItems
from holdfast.collapse.watching.sets import WatchSettings, watch
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.progress import Progress
from holdfast.core.record import CheckResult, Section

_LEFT_OUT = {
    "What was compared",
    "Rules of thumb, for comparison",
    "Measures over the generations",
}  # told already; not about versions
_FIX = "Look at what is gone or has moved, and whether it should be there; keep what people made in every version."
_GENERATION = re.compile(r"generation \d+, (.*?), (?=has lost|has drifted|is |are )")  # which is named then
_LEAST = 2  # slices after the first


def alarms(
    real: SampleItems, sets: Sequence[SampleItems], seed: int, progress: Progress
) -> tuple[tuple[CheckResult, ...], tuple[Section, ...], str]:
    """Return findings, sections and a sentence of both layers of the alarm. Raises NotApplicable."""
    if len(sets) < _LEAST:
        raise NotApplicable(f"{len(sets)} slice after the first is too few to watch")
    try:
        run = watch(real, sets, WatchSettings(seed=seed, planned=max(25, len(sets))), progress=progress)
    except BadInput as error:
        raise NotApplicable(str(error)) from error
    what = (
        "The alarm of `holdfast collapse watch`, with each slice in a generation's place: the chance that it sounds "
        "without a change is 5%, over all slices and both layers."
    )
    words = Section(
        title="Alarm over versions",
        says=(
            what,
            run.says,
            *(f"{note}." for note in run.notes[:6]),
        ),
    )
    found = tuple(_of_versions(result) for result in run.results if result.check != "theory-disagrees")
    return found, (words, *(one for one in run.sections if one.title not in _LEFT_OUT)), run.says


def _of_versions(result: CheckResult) -> CheckResult:
    """Return a result in words that fit versions: nobody trained anything here."""
    findings = tuple(
        one.model_copy(
            update={
                "message": _GENERATION.sub(r"\1 ", one.message).replace("generations drift", "versions drift", 1),
                "fix": _FIX,
            }
        )
        for one in result.findings
    )
    return result.model_copy(update={"findings": findings})
