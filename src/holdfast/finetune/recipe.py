"""What a person says about a fine-tuning: each field is a key of recipe.toml."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from holdfast.core.config import checked, override, read_toml
from holdfast.core.dataset import Role
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class Recipe(BaseModel):
    """A fine-tuning. Everything else is derived, and told in the record."""

    model_config = FROZEN
    model: str = Field(description="folder with config.json and safetensors, a hub name, or module:factory")
    data: str | dict[str, str] = Field(description="file or folder; or one for each of train, valid and test")
    task: str = Field("auto", description="auto, classify-text, generate-text, classify-image, detect-objects or table")
    label: str | None = Field(None, description="column to predict")
    group: str | None = Field(None, description="column that says whose row it is: all of theirs stay on one side")
    inputs: tuple[str, ...] = Field((), description="columns to predict from; all that suit the task, if empty")
    original: str | None = Field(None, description="data of what the model could do before, to see what it forgets")
    adapt: str = Field("head-first", description="what learns: head-first, all, head, gradual or lora")
    keep: tuple[str, ...] | None = Field(
        None, description="what works against forgetting; if not said, interpolate, and replay where original is given"
    )
    epochs: float = Field(3.0, gt=0, le=1000, description="how often each training example is learnt from")
    batch: int = Field(16, ge=1, description="examples a step learns from")
    micro: int | None = Field(None, ge=1, description="examples at once, where memory is short; the sum is the same")
    rate: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="learning rate at its peak; the task's usual one, if not given"
    )
    schedule: Literal["constant", "linear", "cosine", "one-cycle"] = Field(
        "cosine", description="how the rate goes down, after a short warm-up"
    )
    stop: Literal["patience", "gl", "pq", "up", "never"] = Field("patience", description="when to stop early")
    evaluations: int = Field(10, ge=1, le=1000, description="how often to look at the validation data")
    budget: float | None = Field(
        None, ge=0, description="how much of its original score the model may lose; what it gains, if not said"
    )
    search: dict[str, Any] = Field({}, description="trials and what to search, such as rate = [1e-5, 1e-3]")
    options: dict[str, dict[str, Any]] = Field({}, description="of the task, of methods and of guards, by name")
    allow: tuple[str, ...] = Field((), description="gate checks that may fail, by name")
    seed: int = Field(0, ge=0, description="seed of everything random")

    @property
    def kept_by(self) -> tuple[str, ...]:
        """What works against forgetting, by name."""
        if self.keep is not None:
            return self.keep
        return ("interpolate", "replay") if self.original else ("interpolate",)

    @property
    def roles(self) -> dict[str, Role]:
        """The roles of columns that the recipe names."""
        named: dict[str | None, Role] = {self.group: "group", self.label: "label"}
        return {name: role for name, role in named.items() if name is not None}

    def of(self, name: str) -> dict[str, Any]:
        """Return the options of a part."""
        return self.options.get(name, {})


def read_recipe(path: Path, assignments: tuple[str, ...] = ()) -> Recipe:
    """Return the recipe of a TOML file; its paths begin at the file's folder. Raises BadInput, listing every error."""
    values = override(read_toml(path), assignments)
    return relative(checked(Recipe, values, path), path.parent)


def relative(recipe: Recipe, folder: Path) -> Recipe:
    """Return the recipe with paths that begin at `folder`, where something is there; names of models stay names."""

    def found(text: str) -> str:
        place, at, version = text.partition("@")
        return f"{folder / place}{at}{version}" if (folder / place).exists() else text

    data = found(recipe.data) if isinstance(recipe.data, str) else {k: found(v) for k, v in recipe.data.items()}
    original = found(recipe.original) if recipe.original else None
    return recipe.model_copy(update={"model": found(recipe.model), "data": data, "original": original})


def batches(recipe: Recipe) -> tuple[int, int]:
    """Return (examples at once, how many times before a step). Raises BadInput where they do not fit."""
    micro = recipe.micro or recipe.batch
    if recipe.batch % micro:
        raise BadInput(
            f"micro wants a divisor of batch, so that a step is whole; got micro {micro}, batch {recipe.batch}"
        )
    return micro, recipe.batch // micro
