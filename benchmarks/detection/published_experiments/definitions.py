"""What a published experiment is here, and what is read off its curves."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from holdfast.collapse import Experiment
from holdfast.collapse.lab.curves import Curve


@dataclass(frozen=True)
class Published:
    """An experiment of others, and ours at a smaller size."""

    name: str
    who: str
    url: str
    headline: str
    experiment: Experiment
    command: str
    seen: Callable[["Seen"], str]


@dataclass(frozen=True)
class Seen:
    """What came out, by arm and measure."""

    curves: Mapping[tuple[str, str], Curve]

    def median(self, arm: str, measure: str, at: int = -1) -> float:
        """Return the median history."""
        return float(self.curves[arm, measure].median[at])

    def mean(self, arm: str, measure: str, at: int = -1) -> float:
        """Return the mean over histories."""
        return float(self.curves[arm, measure].mean[at])

    def late(self, arm: str, measure: str) -> tuple[float, float]:
        """Return the mean over the second half of the generations, with its standard error if they were one draw."""
        curve = self.curves[arm, measure]
        half = len(curve.at) // 2
        return float(curve.mean[half:].mean()), float(curve.error[half:].mean())


def of_file(name: str, settings: str) -> tuple[Experiment, str]:
    """Return an experiment written in TOML, and the command that runs it, with the file below."""
    return Experiment.model_validate(tomllib.loads(settings)), f"holdfast collapse run {name}\n\n# {name}\n{settings}"
