"""How new data are answered by a tuned model: what a task is asked, and what it answers with.

A task that can answer has, in its module, a `predictor`: a function from `Asked` to `Answering`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from holdfast.core.dataset import Kind
from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.finetune.recipe import Recipe

AT_ONCE = 4096  # rows answered at once
ROW = "_row"  # the column of answers that says which row of the block they are of, where there are many
PREDICTION = "prediction"  # the column of answers, where they are classes or numbers


@dataclass(frozen=True)
class Asked:
    """The folder of a tuned model, the run it is of, the recipe, the columns it learnt from, and what was asked for."""

    model: Path
    run: str
    recipe: Recipe
    columns: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answering:
    """How rows are answered: from a block of them to as many rows of answers. Without an answer, a row's are null."""

    answer: Callable[[pa.Table, Media], pa.Table]
    needs: tuple[str, ...]  # columns that data must have
    reads: Literal["text", "image", "table"] = "text"
    kinds: Mapping[str, Kind] = field(default_factory=dict)  # that columns are read as, whatever they look like
    uses: tuple[str, ...] = ()  # columns that are handed over where data have them
    at_once: int = AT_ONCE
    silent: str = "they hold nothing to answer"  # why a row may be without an answer
    notes: tuple[str, ...] = ()
    many: bool = False  # whether a row has any number of answers, which say in `_row` whose they are


Predictor = Callable[[Asked], Answering]


def refuse_options(asked: Asked, gives: str) -> None:
    """Raise BadInput where something was asked for that only a language model can do."""
    if asked.options:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in asked.options)
        raise BadInput(f"{asked.recipe.task} gives {gives}; {names} is for models that write text")
