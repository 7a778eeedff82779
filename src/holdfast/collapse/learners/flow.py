"""A small flow from noise to pictures or points: straight paths, learnt by matching (Lipman, Liu and others, 2023)."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.learners.networks import dense, making
from holdfast.collapse.learners.networks.making import Made, Makers
from holdfast.collapse.learners.networks.nature import World, real_items
from holdfast.collapse.learners.networks.real import Real
from holdfast.collapse.learners.torch_use import EXTRA, reproducible
from holdfast.collapse.samples import SampleSet
from holdfast.core.finding import FROZEN

_PURPOSE = "the learner flow"
_WAVES = 8  # sines and cosines by which the network is told the time


class Flow(BaseModel):
    """Flow matching on small grey pictures or on points, of yours or made up.

    A network learns the velocity that carries normal noise along straight lines to items (of pictures: which picture
    some mix of it and noise comes from); an item is made by following it for `strides` strides. The real world is
    `file`, of which a fifth is held out for measures: pictures, as the learner vae reads them, or else the numbers of
    a table or array. Without one, shapes are drawn, or points about two half circles or eight centres on a circle
    (`world`). `spread` is the noise's standard deviation at the start, 1 as in training.
    """

    model_config = FROZEN
    file: str | None = Field(None, description="pictures or points to learn from; made up without one")
    world: World = Field("pictures", description="what is made up without a file")
    side: int = Field(16, ge=4, le=128, description="of pictures: height and width")
    hidden: int = Field(256, ge=4, le=4096, description="units of each hidden layer")
    steps: int = Field(1000, ge=1, description="steps of training a generation")
    epochs: float | None = Field(None, gt=0, description="instead of steps: how often all that is fed in is seen")
    batch: int = Field(64, ge=1, description="items a step")
    rate: float = Field(2e-3, gt=0, description="highest learning rate")
    start: Literal["fresh", "warm"] = Field("fresh", description="from new weights, or from those before")
    strides: int = Field(20, ge=1, le=1000, description="from noise to an item")
    spread: float = Field(1.0, gt=0, description="of the noise at the start; below 1 is the sampling bias λ of MAD")

    def truth(self, replicates: int, rng: np.random.Generator) -> Makers:
        """Return the real world."""
        del rng
        return making.truth(self._real, replicates)

    def draw(self, model: Makers, wanted: Draw, rng: np.random.Generator) -> Made:
        """Return real items, or those that the models make."""
        return making.drawn(self._real, model, wanted, self._make, rng)

    def pool(self, batches: Sequence[Made]) -> Made:
        """Return batches as one."""
        return making.pooled(batches)

    def choose(self, batch: Made, size: int, rng: np.random.Generator) -> Made:
        """Return some of the items, without replacement."""
        return making.chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Makers | None) -> Makers:
        """Return trained models."""
        course = dense.Course(making.steps(self.steps, self.epochs, self.batch, parts), self.batch, self.rate)
        warm = previous if self.start == "warm" else None
        with reproducible(_PURPOSE) as torch:
            loss = _matching(torch, self._real, rng)
            return making.fitted(self._real, self._widths, parts, warm, loss, course, rng)

    def samples(self, model: Makers, size: int, rng: np.random.Generator) -> list[SampleSet]:
        """Return items; of the truth, held-out ones."""
        return making.samples(self._real, model, size, self._make, rng)

    def held_out(self, most: int) -> SampleSet:
        """Return real items that no model learns from."""
        return self._real.seen(self._real.held_out[:most])

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted: one item is enough."""
        del samples
        return ""

    def _make(self, weights: np.ndarray, size: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
        real = self._real
        noise = rng.standard_normal((size, real.width)) * self.spread * np.sqrt(temperature)
        with reproducible(_PURPOSE) as torch, torch.no_grad():
            network = dense.networks(self._widths, torch.from_numpy(weights))[0]
            x = torch.from_numpy(noise.astype(np.float32))
            for stride in range(self.strides):
                time = torch.full((size, 1), stride / self.strides)
                found = _told(torch, network, x, time, real)
                # A goal is reached at time 1.
                x = x + ((found - x) / (self.strides - stride) if real.bounded else found / self.strides)
            values: np.ndarray = x.numpy()
        return (values + 1) / 2 if real.bounded else values

    @property
    def _real(self) -> Real:
        return real_items(self.file, self.side, self.world)

    @property
    def _widths(self) -> list[list[int]]:
        width = self._real.width
        return [[width + 2 * _WAVES, self.hidden, self.hidden, self.hidden, width]]


def _told(torch: Any, network: Callable[[Any], Any], x: Any, time: Any, real: Real) -> Any:
    """Return what the network says of items on their way: bounded ones' goal, or the velocity of others.

    A goal fixes the velocity, and is of the same size at all times (Salimans & Ho 2022 on such choices); points lie on
    finer shapes than a guessed goal is good for. The time stands beside the items, as waves.
    """
    waves = time * (torch.arange(_WAVES) + 1) * (np.pi / 2)
    found = network(torch.cat([x, waves.sin(), waves.cos()], dim=1))
    return found.tanh() if real.bounded else found


def _matching(torch: Any, real: Real, rng: np.random.Generator) -> dense.Loss:
    """Return the loss: how far what the network says is off at a point of the line from some noise to an item."""

    def loss(parts: list[Callable[[Any], Any]], values: Any) -> Any:
        goal = 2 * values - 1 if real.bounded else values
        noise = torch.from_numpy(rng.standard_normal(tuple(goal.shape)).astype(np.float32))
        time = torch.from_numpy(rng.random((len(goal), 1)).astype(np.float32))
        found = _told(torch, parts[0], time * goal + (1 - time) * noise, time, real)
        return ((found - (goal if real.bounded else goal - noise)) ** 2).mean()

    return loss


flow = learner(
    Flow, costly=True, extra=EXTRA, tells="frechet-distance",
    suits={"samples": 2000, "generations": 8, "replicates": 3, "measure_size": 500},
)  # fmt: skip
