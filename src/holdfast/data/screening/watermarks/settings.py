"""How a mark was written, and how it is looked for: what a person says."""

from typing import Literal

from pydantic import BaseModel, Field

from holdfast.core.finding import FROZEN
from holdfast.data.screening.watermarks.green import GreenList, Seeding
from holdfast.data.screening.watermarks.scheme import Scheme
from holdfast.data.screening.watermarks.tokens import WORDS
from holdfast.data.screening.watermarks.tournament import Tournament


class MarkSettings(BaseModel):
    """Kind of mark and units; a reader must say what the writer said, save `delta`."""

    model_config = FROZEN
    scheme: Literal["green", "synthid"] = Field("green", description="green list, or the form of SynthID-Text")
    gamma: float = Field(0.25, gt=0, lt=1, description="green: share of tokens that are green by chance")
    delta: float = Field(2.0, gt=0, le=50, description="green: lead in logits when writing")
    context: int | None = Field(None, ge=1, le=16, description="tokens that choose: 2 for green lists, 4 for synthid")
    seeding: Seeding = Field("left", description="green: how the context chooses: left, min or self")
    depth: int = Field(30, ge=1, le=64, description="synthid: layers of the tournament")
    weighted: bool = Field(default=True, description="synthid: first layers count more")
    tokens: str = Field(WORDS, description="units: words, bytes, or the path of a tokenizer.json")
    windows: bool = Field(default=False, description="look for marked passages too")
    alpha: float = Field(0.01, gt=0, lt=0.5, description="chance of a false alarm, over all texts")

    def made(self) -> Scheme:
        """Return the kind of mark."""
        if self.scheme == "green":
            return GreenList(gamma=self.gamma, delta=self.delta, context=self.context or 2, seeding=self.seeding)
        return Tournament(depth=self.depth, context=self.context or 4, weighted=self.weighted)
