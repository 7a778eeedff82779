"""A small flow between noise and pictures: straight paths, learnt by matching (Lipman et al. 2023, Liu et al. 2023)."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.learners.pictures import dense, painting
from holdfast.collapse.learners.pictures.painting import Painters, Pictures
from holdfast.collapse.learners.pictures.source import Source, as_bytes, source
from holdfast.collapse.learners.torch_use import EXTRA, reproducible
from holdfast.collapse.samples import Images
from holdfast.core.finding import FROZEN

_PURPOSE = "the learner flow"
_WAVES = 8  # sines and cosines by which the network is told the time


class Flow(BaseModel):
    """Flow matching on small grey pictures, on pictures of yours or on drawn shapes.

    A network learns which picture a mix of it and normal noise comes from, and so the velocity that carries noise
    along straight lines to pictures; a picture is made by following it for `strides` strides. Pictures come from where
    the learner vae has them from. `spread` is the noise's standard deviation at the start, 1 as in training.
    """

    model_config = FROZEN
    file: str | None = Field(None, description="pictures to learn from; shapes are drawn without one")
    side: int = Field(16, ge=4, le=128, description="height and width")
    hidden: int = Field(256, ge=4, le=4096, description="units of each hidden layer")
    steps: int = Field(1000, ge=1, description="steps of training a generation")
    epochs: float | None = Field(None, gt=0, description="instead of steps: how often all that is fed in is seen")
    batch: int = Field(64, ge=1, description="pictures a step")
    rate: float = Field(2e-3, gt=0, description="highest learning rate")
    start: Literal["fresh", "warm"] = Field("fresh", description="from new weights, or from those before")
    strides: int = Field(20, ge=1, le=1000, description="from noise to a picture")
    spread: float = Field(1.0, gt=0, description="of the noise at the start; below 1 is the sampling bias λ of MAD")

    def truth(self, replicates: int, rng: np.random.Generator) -> Painters:
        """Return the real pictures."""
        del rng
        return painting.truth(self._source, replicates)

    def draw(self, model: Painters, wanted: Draw, rng: np.random.Generator) -> Pictures:
        """Return real pictures, or those that the models make."""
        return painting.drawn(self._source, model, wanted, self._paint, rng)

    def pool(self, batches: Sequence[Pictures]) -> Pictures:
        """Return batches as one."""
        return painting.pooled(batches)

    def choose(self, batch: Pictures, size: int, rng: np.random.Generator) -> Pictures:
        """Return some of the pictures, without replacement."""
        return painting.chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Painters | None) -> Painters:
        """Return trained models."""
        course = dense.Course(painting.steps(self.steps, self.epochs, self.batch, parts), self.batch, self.rate)
        warm = previous if self.start == "warm" else None
        with reproducible(_PURPOSE) as torch:
            loss = _matching(torch, rng)
            return painting.fitted(self._source, self._widths, parts, warm, loss, course, rng)

    def samples(self, model: Painters, size: int, rng: np.random.Generator) -> list[Images]:
        """Return pictures; of the truth, held-out ones."""
        return painting.samples(self._source, model, size, self._paint, rng)

    def held_out(self, most: int) -> Images:
        """Return real pictures that no model learns from."""
        return painting.held_out(self._source, most)

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted: one picture is enough."""
        del samples
        return ""

    def _paint(self, weights: np.ndarray, size: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
        noise = rng.standard_normal((size, self.side**2)) * self.spread * np.sqrt(temperature)
        with reproducible(_PURPOSE) as torch, torch.no_grad():
            guess = dense.networks(self._widths, torch.from_numpy(weights))[0]
            x = torch.from_numpy(noise.astype(np.float32))
            for stride in range(self.strides):
                time = torch.full((size, 1), stride / self.strides)
                goal = guess(_told(torch, x, time)).tanh()
                x = x + (goal - x) / (self.strides - stride)  # the velocity that reaches the goal at time 1
            return as_bytes((x.numpy() + 1) / 2, self.side)

    @property
    def _source(self) -> Source:
        return source(self.file, self.side)

    @property
    def _widths(self) -> list[list[int]]:
        pixels = self.side * self.side
        return [[pixels + 2 * _WAVES, self.hidden, self.hidden, self.hidden, pixels]]


def _told(torch: Any, x: Any, time: Any) -> Any:
    """Return pictures with the time beside them, as waves."""
    waves = time * (torch.arange(_WAVES) + 1) * (np.pi / 2)
    return torch.cat([x, waves.sin(), waves.cos()], dim=1)


def _matching(torch: Any, rng: np.random.Generator) -> dense.Loss:
    """Return the loss: how far the guess of the picture is off, given a point of the line from some noise to it.

    The guess fixes the velocity, and unlike it is the same size at all times (Salimans & Ho 2022 on such choices).
    """

    def loss(parts: list[Callable[[Any], Any]], pictures: Any) -> Any:
        goal = 2 * pictures - 1
        noise = torch.from_numpy(rng.standard_normal(tuple(goal.shape)).astype(np.float32))
        time = torch.from_numpy(rng.random((len(goal), 1)).astype(np.float32))
        found = parts[0](_told(torch, time * goal + (1 - time) * noise, time)).tanh()
        return ((found - goal) ** 2).mean()

    return loss


flow = learner(
    Flow, costly=True, extra=EXTRA, tells="frechet-distance-of-picture-features",
    suits={"samples": 2000, "generations": 8, "replicates": 3, "measure_size": 500},
)  # fmt: skip
