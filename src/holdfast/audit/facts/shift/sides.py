"""What the two sides of a comparison are called: train and test, or the versions that somebody compares."""

from dataclasses import dataclass

from holdfast.core.dataset import Dataset

VERSIONS = "versions"  # operation in the history of a data set whose two splits are versions, not train and test


@dataclass(frozen=True, slots=True)
class Sides:
    """Names of both sides, and whether they are versions of one data set rather than a split of it."""

    first: str = "train"
    second: str = "test"
    versions: bool = False

    @property
    def fix(self) -> str:
        """What to do about a difference, in words."""
        if self.versions:
            return "Find out what changed; train and test again on the new data if it is what models will meet."
        return "Find out what separates the two sets; split again if nothing should."


SPLIT = Sides()


def sides_of(dataset: Dataset) -> Sides:
    """Return what the sides are called; `versions` in the history names them."""
    for step in dataset.history:
        if step.op == VERSIONS:
            return Sides(str(step.params["old"]), str(step.params["new"]), versions=True)
    return SPLIT
