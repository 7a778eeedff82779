"""A variational autoencoder of small pictures (Kingma & Welling 2014)."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from holdfast.collapse.definitions import Draw, Part, learner
from holdfast.collapse.learners.networks import dense, making
from holdfast.collapse.learners.networks.making import Made, Makers
from holdfast.collapse.learners.networks.nature import real_pictures
from holdfast.collapse.learners.networks.real import Real
from holdfast.collapse.learners.torch_use import EXTRA, reproducible
from holdfast.collapse.samples import SampleSet
from holdfast.core.finding import FROZEN

_PURPOSE = "the learner vae"


class Vae(BaseModel):
    """Variational autoencoder of small grey pictures, on pictures of yours or on drawn shapes.

    A sample is a picture of `side` × `side`. The real world is `file` (a folder of images, an IDX file such as MNIST's,
    or a table of images), of which a fifth is held out for measures, or, without one, shapes that are drawn. What is
    written is the decoder's mean at a normal draw of the code; `spread` times its standard deviation, where 1 is the
    prior that the model was trained with.
    """

    model_config = FROZEN
    file: str | None = Field(None, description="pictures to learn from; shapes are drawn without one")
    side: int = Field(16, ge=4, le=128, description="height and width")
    latent: int = Field(8, ge=1, le=256, description="numbers in a code")
    hidden: int = Field(128, ge=4, le=4096, description="units of each hidden layer")
    steps: int = Field(800, ge=1, description="steps of training a generation")
    epochs: float | None = Field(None, gt=0, description="instead of steps: how often all that is fed in is seen")
    batch: int = Field(64, ge=1, description="pictures a step")
    rate: float = Field(2e-3, gt=0, description="highest learning rate")
    start: Literal["fresh", "warm"] = Field("fresh", description="from new weights, or from those before")
    spread: float = Field(1.0, gt=0, description="of the codes that are drawn; below 1 is the sampling bias λ of MAD")

    def truth(self, replicates: int, rng: np.random.Generator) -> Makers:
        """Return the real pictures."""
        del rng
        return making.truth(self._real, replicates)

    def draw(self, model: Makers, wanted: Draw, rng: np.random.Generator) -> Made:
        """Return real pictures, or those that the models make."""
        return making.drawn(self._real, model, wanted, self._make, rng)

    def pool(self, batches: Sequence[Made]) -> Made:
        """Return batches as one."""
        return making.pooled(batches)

    def choose(self, batch: Made, size: int, rng: np.random.Generator) -> Made:
        """Return some of the pictures, without replacement."""
        return making.chosen(batch, size, rng)

    def fit(self, parts: Sequence[Part], rng: np.random.Generator, previous: Makers | None) -> Makers:
        """Return trained models."""
        course = dense.Course(making.steps(self.steps, self.epochs, self.batch, parts), self.batch, self.rate)
        warm = previous if self.start == "warm" else None
        with reproducible(_PURPOSE) as torch:
            loss = _bound(torch, self.latent, rng)
            return making.fitted(self._real, self._widths, parts, warm, loss, course, rng)

    def samples(self, model: Makers, size: int, rng: np.random.Generator) -> list[SampleSet]:
        """Return pictures; of the truth, held-out ones."""
        return making.samples(self._real, model, size, self._make, rng)

    def held_out(self, most: int) -> SampleSet:
        """Return real pictures that no model learns from."""
        return self._real.seen(self._real.held_out[:most])

    def refuse(self, samples: int) -> str:
        """Return why so few samples cannot be fitted: one picture is enough."""
        del samples
        return ""

    def _make(self, weights: np.ndarray, size: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
        code = rng.standard_normal((size, self.latent)) * self.spread * np.sqrt(temperature)
        with reproducible(_PURPOSE) as torch, torch.no_grad():
            decoder = dense.networks(self._widths, torch.from_numpy(weights))[1]
            return np.asarray(decoder(torch.from_numpy(code.astype(np.float32))).sigmoid().numpy())

    @property
    def _real(self) -> Real:
        return real_pictures(self.file, self.side)

    @property
    def _widths(self) -> list[list[int]]:
        pixels = self.side * self.side
        return [[pixels, self.hidden, self.hidden, 2 * self.latent], [self.latent, self.hidden, self.hidden, pixels]]


def _bound(torch: Any, latent: int, rng: np.random.Generator) -> dense.Loss:
    """Return the loss: minus the lower bound of the likelihood, grey values as chances of a bright pixel."""

    def loss(parts: list[Callable[[Any], Any]], pictures: Any) -> Any:
        encoder, decoder = parts
        mean, log_variance = encoder(pictures).split(latent, dim=1)
        log_variance = log_variance.clamp(-10, 10)
        noise = torch.from_numpy(rng.standard_normal(tuple(mean.shape)).astype(np.float32))
        found = decoder(mean + (0.5 * log_variance).exp() * noise)
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(found, pictures, reduction="sum")
        apart = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum()
        return (entropy + apart) / len(pictures)

    return loss


vae = learner(
    Vae, costly=True, extra=EXTRA, tells="frechet-distance",
    suits={"samples": 2000, "generations": 8, "replicates": 3, "measure_size": 500},
)  # fmt: skip
