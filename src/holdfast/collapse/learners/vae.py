"""A variational autoencoder of small pictures (Kingma & Welling 2014)."""

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
            loss = _bound(torch, self.latent, rng)
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
        code = rng.standard_normal((size, self.latent)) * self.spread * np.sqrt(temperature)
        with reproducible(_PURPOSE) as torch, torch.no_grad():
            decoder = dense.networks(self._widths, torch.from_numpy(weights))[1]
            values = decoder(torch.from_numpy(code.astype(np.float32))).sigmoid().numpy()
        return as_bytes(values, self.side)

    @property
    def _source(self) -> Source:
        return source(self.file, self.side)

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
    Vae, costly=True, extra=EXTRA, tells="frechet-distance-of-picture-features",
    suits={"samples": 2000, "generations": 8, "replicates": 3, "measure_size": 500},
)  # fmt: skip
