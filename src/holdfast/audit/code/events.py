"""What happens in a program, as far as its text tells: rows are parted, something is learned, a score is taken."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from holdfast.audit.code.rows import Rows
from holdfast.audit.code.values import Columns, Data


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, with what stands there; `order` is when it happens."""

    file: str
    cell: int | None
    line: int
    text: str
    order: int = 0
    away: bool = False  # where several files play a part, so that the line alone does not say which

    @property
    def name(self) -> str:
        """How people speak of it: `line 12`, `cell 3, line 2`, `line 4 of utils.py`."""
        if self.away:
            return f"line {self.line} of {PurePath(self.file).name}"
        return f"line {self.line}" if self.cell is None else f"cell {self.cell}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Learned:
    """Something was learned from records: a scaler's mean, a vocabulary, a model, a copy of a record."""

    id: int
    kind: str
    what: str  # StandardScaler, df.mean()
    place: Place
    rows: Rows
    data: Data  # what it was learned from
    given: str  # how the program writes that
    owner: str = ""  # how the program calls what learned
    label: bool = False  # the label was shown
    column: str | None = None
    inherits: frozenset[int] = frozenset()  # what was in the records already
    origin: int | None = None  # the statistic behind a selection
    loops: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """Rows were parted into those to learn from and those to judge by."""

    place: Place
    name: str
    key: tuple[Any, ...]
    given: tuple[Data, ...]
    shuffled: bool
    seeded: bool
    folds: bool = False  # cross-validation


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model was fitted, perhaps watching other records while it was."""

    place: Place
    model: int  # id of its Learned
    name: str
    owner: str
    data: Data
    label: Data | None
    watched: tuple[Data, ...] = ()
    decides: str = ""  # what watching decides: early stopping, a checkpoint
    loops: tuple[int, ...] = ()
    settings: str = ""
    takes: Columns | None = None  # the columns that the steps on the way let through; None: not known


@dataclass(frozen=True, slots=True)
class Scored:
    """A model was judged on records."""

    id: int
    place: Place
    metric: str
    rows: Rows
    models: frozenset[int]  # ids of Learned
    learned: frozenset[int]
    own: frozenset[int] = frozenset()  # what is in the judged records themselves, not only in the model
    text: str = ""  # the records, as the program writes them
    loops: tuple[int, ...] = ()
    objective: bool = False  # inside a function that an optimiser calls
    sites: tuple[Place, ...] = ()  # the calls that led into the function that takes it


@dataclass(frozen=True, slots=True)
class Validated:
    """A model was cross-validated."""

    place: Place
    name: str
    data: Data
    label: Data | None
    text: str
    takes: Columns | None = None  # as of a fit


@dataclass(frozen=True, slots=True)
class Decided:
    """Scores decided something."""

    place: Place
    scores: frozenset[int]
    how: str
    loops: tuple[int, ...] = ()
    sites: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop: over candidates (settings, models), epochs or folds."""

    id: int
    place: Place
    over: str  # candidates models folds records epochs repeats
    text: str
    names: frozenset[str] = frozenset()  # what it sets anew in every turn
    turns: int = 1  # how many, where that is written down
    ends: tuple[Any, Any] = (None, None)  # of `range(a, b)`


@dataclass(slots=True)
class Flow:
    """All that happens in one program."""

    file: str
    learned: list[Learned] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    fitted: list[Fitted] = field(default_factory=list)
    scored: list[Scored] = field(default_factory=list)
    validated: list[Validated] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    spared: set[int] = field(default_factory=set)  # scores beside others that decided
    loops: dict[int, Loop] = field(default_factory=dict)
    label_columns: set[str] = field(default_factory=set)
    applied: dict[int, Place] = field(default_factory=dict)  # where a statistic first met records
    made_at: dict[Rows, Place] = field(default_factory=dict)  # where rows first got a name
    frames: dict[Rows, tuple[int, ...]] = field(default_factory=dict)  # in which functions that was
    groups: dict[Any, tuple[str, Place]] = field(default_factory=dict)  # sources with several rows of one person
    sides: dict[Rows, str] = field(default_factory=dict)  # what the program's names say about rows
    words: frozenset[str] = frozenset()  # what the program spells out: short texts, attributes
    lines: dict[tuple[int | str | None, int], str] = field(default_factory=dict)
    complete: bool = True  # whether all of it was followed
    reached: tuple[int | str | None, int] = (None, 1)  # the cell and line of the last statement that was begun
    stopped: tuple[int | str | None, int] | None = None  # where a bound was first met
