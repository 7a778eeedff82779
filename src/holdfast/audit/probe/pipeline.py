"""What a pipeline is asked and what it answers. Plain data, so that either side of a process border can hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from jaxtyping import Int

Form = Literal["fit_predict", "estimator", "features", "split"]
FORMS: tuple[Form, ...] = ("fit_predict", "estimator", "features", "split")
Side = Literal["train", "test", "fit", "object"]  # whose rows a watched value holds; or what was learnt, or neither


@dataclass(frozen=True)
class Call:
    """One call of the pipeline.

    `test` are the rows to answer for (for `features` and `split`: all rows), `train` those to learn from; an
    estimator without `train` answers with what it learnt in the call before. `rows` and `train_rows` number them,
    and become the index of the frames. With `seed` None, chance is left to itself. With `touched` (row numbers that
    were changed), the call is watched: what the code computes for all other rows is noted, line by line.
    """

    test: pa.Table
    rows: Int[np.ndarray, " test"]
    train: pa.Table | None = None
    train_rows: Int[np.ndarray, " train"] | None = None
    label: str | None = None
    seed: int | None = 0
    touched: Int[np.ndarray, " touched"] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a watched call computed: a digest of a variable or of what was learnt, at a line of the code."""

    file: str
    line: int
    name: str  # a variable, or the class of what was fitted
    part: str  # a column or attribute
    side: Side
    n_rows: int
    digest: str


@dataclass(frozen=True)
class Answer:
    """What the pipeline answered: a value for each row and output column, or an error.

    `rows` number the rows of the data set that the lines belong to; `sides` (of `split`) tells 0 train and 1 test.
    """

    rows: Int[np.ndarray, " lines"]
    names: tuple[str, ...] = ()
    columns: tuple[np.ndarray, ...] = ()  # float64, or strings as objects
    exact: bool = True  # False where the pipeline computes in 32 bits or less
    sides: Int[np.ndarray, " lines"] | None = None
    error: str = ""  # what went wrong, in one line
    log: str = ""  # the end of what the code printed
    changed: tuple[str, ...] = ()  # which of its inputs the code changed in place
    events: tuple[Event, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a pipeline before it is called: its name, form, and where its code stands."""

    name: str
    form: Form
    file: str = ""
    line: int = 0


@runtime_checkable
class Pipeline(Protocol):
    """The person's code behind one method."""

    @property
    def about(self) -> About:
        """Its name, form and place."""

    def run(self, calls: Sequence[Call], *, fresh: bool = False) -> Sequence[Answer]:
        """Return the answers to `calls`, made one after the other in one process that has made no call before.

        `fresh` asks for an interpreter of its own, which shares nothing with earlier calls, not even what chance
        decided when the code was imported.
        """


FAILED = np.empty(0, dtype=np.int64)


def failed(error: str, log: str = "") -> Answer:
    """Return the answer of a call that brought none."""
    return Answer(FAILED, error=error, log=log)
