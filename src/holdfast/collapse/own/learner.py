"""A learner of the person's own: any object with `fit` and `sample`, by module:name.

Models are not stored, as that would mean to pickle them: what a model learnt from is, and the seed it learnt with.
After a kill it is fitted again on the same.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from pydantic import BaseModel, ConfigDict, Field

from holdfast.collapse.definitions import Draw, Learner, LearnerKind, Part
from holdfast.collapse.own.code import WEIGHTS, Own, own
from holdfast.collapse.own.items import given, joined, read, sample_set, taken
from holdfast.collapse.samples import SampleSet
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams

_HELD_OUT = 0.2
_MODELS = 4  # fitted ones that are remembered
_LOOKED_AT = 2000  # real items that give the scale of measures


class Taught(NamedTuple):
    """Models by what they learnt from. `items` are empty of the truth."""

    items: Shaped[np.ndarray, "replicates items *shape"]
    weight: Float[np.ndarray, "replicates items"]  # 1 on average
    seed: Int[np.ndarray, " replicates"]
    real: Bool[np.ndarray, " replicates"]


class Batch(NamedTuple):
    """Items."""

    items: Shaped[np.ndarray, "replicates items *shape"]


class External(BaseModel):
    """Learner of your own: an object with fit(samples) and sample(n).

    A sample is a row of an array, a text, or a row of a data frame; fit gets a NumPy array, a list of str or a data
    frame, sample returns the same. The object is made anew for each generation by calling NAME of MODULE with the
    options; `seed` or `random_state` is passed wherever a parameter is called so, and what draws from NumPy's, Python's
    or torch's shared random numbers is seeded too. The real world is `options.file` (an array as .npy, a line of text a
    sample as .txt, or any table), of which a fifth is held out for measures, or a method real(n, seed) of the object.
    Where feeds have weights, fit gets them as `sample_weight` if it has such a parameter; else as many items as before
    are drawn by weight.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))
    name: str = Field(description="module:name of a class or a function that returns the object")
    file: str | None = Field(None, description="the real world, unless the object draws it itself")
    options: dict[str, Any] = Field({}, description="for the call that makes the object")

    def truth(self, replicates: int, rng: np.random.Generator) -> Taught:
        """Return the real world: what is drawn from it comes from the file, or from the object's `real`."""
        del rng
        like = self._real[:0] if self.file is not None else self._looked_at[:0]
        seeds = np.zeros(replicates, dtype=np.int64)
        return Taught(
            np.stack([like] * replicates), np.ones((replicates, 0)), seeds, np.ones(replicates, dtype=np.bool_)
        )

    def draw(self, model: Taught, wanted: Draw, rng: np.random.Generator) -> Batch:
        """Return items."""
        if not wanted.rule.is_plain or wanted.verifier is not None:
            raise BadInput(
                f"{self.name} draws in its own way: temperature, top_p and a verifier's taste are not for it"
            )
        return Batch(_stacked([self._drawn(model, i, wanted.size, rng) for i in range(len(model.seed))]))

    def pool(self, batches: Sequence[Batch]) -> Batch:
        """Return batches as one."""
        return Batch(joined([batch.items for batch in batches], axis=1))

    def choose(self, batch: Batch, size: int, rng: np.random.Generator) -> Batch:
        """Return some of the items, without replacement."""
        return Batch(np.stack([one[rng.permutation(len(one))[:size]] for one in batch.items]))

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Taught | None) -> Taught:
        """Return models that learnt from the items; it is here that a mistake in `fit` shows."""
        del previous
        whole = self.pool([part.batch for part in parts]).items
        sizes = [part.batch.items.shape[1] for part in parts]
        weight = np.concatenate([np.full(n, part.weight / n) for n, part in zip(sizes, parts, strict=True)])
        weight *= len(weight) / weight.sum()
        if not np.allclose(weight, 1) and not self._own.takes_weights(self.options):
            picked = [one[rng.choice(len(weight), len(weight), p=weight / len(weight))] for one in whole]
            whole, weight = np.stack(picked), np.ones(len(weight))
        seeds = rng.integers(2**31, size=len(whole))
        found = Taught(whole, np.tile(weight, (len(whole), 1)), seeds, np.zeros(len(whole), dtype=np.bool_))
        for i in range(len(whole)):
            self._model(found, i)
        return found

    def samples(self, model: Taught, size: int, rng: np.random.Generator) -> list[SampleSet]:
        """Return items as measures look at them; of the truth, held-out ones."""
        found = [self._drawn(model, i, size, rng, held_out=True) for i in range(len(model.seed))]
        return [sample_set(one, self._looked_at) for one in found]

    def held_out(self, most: int) -> SampleSet:
        """Return held-out items of the file, or new ones from the object's `real`."""
        found = self._said(most, 0) if self.file is None else self._kept_apart[:most]
        return sample_set(found, self._looked_at)

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted: that is for the object to say."""
        del samples
        return ""

    def _drawn(
        self, model: Taught, i: int, size: int, rng: np.random.Generator, *, held_out: bool = False
    ) -> np.ndarray:
        seed = int(rng.integers(2**31))
        if not model.real[i]:
            made = self._model(model, i)
            return taken(
                self._own.call(f"sample({size})", made.sample, seed, size), f"{self.name}.sample", model.items[i], size
            )
        if self.file is None:
            return self._said(size, seed)
        part = self._kept_apart if held_out else self._real[: len(self._real) - len(self._kept_apart)]
        return part[rng.choice(len(part), size, replace=size > len(part))]

    def _model(self, model: Taught, i: int) -> Any:
        """Return a fitted object: a remembered one, or one that learns again, with the same seed, what it learnt."""
        items, seed = model.items[i], int(model.seed[i])
        key = (seed, crc32(model.weight[i].tobytes(), crc32(items.tobytes())))
        if key not in self._models:
            made = self._own.made(self.options, seed)
            named = {} if np.allclose(model.weight[i], 1) else {WEIGHTS: model.weight[i].copy()}
            self._own.call(f"fit on {len(items):,} items", made.fit, seed, given(items), **named)
            self._models[key] = made
            while len(self._models) > _MODELS:
                self._models.popitem(last=False)
        return self._models[key]

    def _said(self, size: int, seed: int) -> np.ndarray:
        """Return real items from the object itself."""
        made = self._own.made(self.options, 0)
        if not callable(getattr(made, "real", None)):
            raise BadInput(
                f"{self.name} needs something real to begin with: give a file (--set options.file=data.csv), or let "
                "the object have a method real(n, seed)"
            )
        return taken(self._own.call(f"real({size})", made.real, seed, size), f"{self.name}.real", size=size)

    @cached_property
    def _own(self) -> Own:
        return own(self.name)

    @cached_property
    def _models(self) -> OrderedDict[tuple[int, int], Any]:
        return OrderedDict()

    @cached_property
    def _real(self) -> np.ndarray:
        found = read(self.file or "")
        if len(found) < 10:
            raise BadInput(f"{self.file} has {len(found)} items; a fifth of them is held out, so 10 are needed")
        return found[Streams(0)("held out").permutation(len(found))]

    @property
    def _kept_apart(self) -> np.ndarray:
        return self._real[round(len(self._real) * (1 - _HELD_OUT)) :]

    @cached_property
    def _looked_at(self) -> np.ndarray:
        return self._real[:_LOOKED_AT] if self.file is not None else self._said(_LOOKED_AT, 0)


def external_learner(name: str, options: Mapping[str, Any]) -> Learner:
    """Return a learner made of an object with `fit` and `sample`. Raises BadInput."""
    rest = {key: value for key, value in options.items() if key != "file"}
    made = External(name=name, file=options.get("file"), options=rest)
    made._own.made(rest, 0)  # noqa: SLF001 what is wrong with it shows at once
    return made


EXTERNAL = LearnerKind(
    "external", "A learner of your own", External, costly=True, doc=External.__doc__ or "", block=1,
    suits={"samples": 1000, "generations": 10, "replicates": 5, "measure_size": 500},
)  # fmt: skip


def _stacked(found: list[np.ndarray]) -> np.ndarray:
    return np.stack(found) if len({one.dtype for one in found}) == 1 else joined([one[None] for one in found])
