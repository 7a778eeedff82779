"""How duplicates are looked for."""

from pathlib import Path

from pydantic import BaseModel, Field

from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.data.bulk.embedded import Embedded
from holdfast.data.bulk.engine import Engine, Name
from holdfast.data.bulk.near import THRESHOLD
from holdfast.data.bulk.reading import RUN


class DuplicateSettings(BaseModel):
    """How duplicates are looked for."""

    model_config = FROZEN
    text: str | None = Field(None, description="column of texts; the one with most to read, if none is named")
    threshold: float = Field(THRESHOLD, ge=0.5, le=1, description="share of runs of words in common")
    words: int = Field(RUN, ge=1, le=10, description="words of a run")
    engine: Name = Field("embedded", description="embedded (DuckDB, on this machine) or spark (Apache Spark)")
    master: str = Field("local[*]", description="which cluster Spark uses, as for spark-submit")
    memory: int = Field(1024, ge=128, description="megabytes that joins of the embedded engine may hold")

    def start(self) -> Engine:
        """Return the engine. Raises MissingExtra where something is not installed, BadInput if it does not start."""
        if self.engine == "embedded":
            return Embedded(self.memory << 20)
        from holdfast.data.bulk.spark import Spark

        return Spark(self.master)


def refuse_existing(out: Path | None) -> None:
    """Raise BadInput where a file would be overwritten, or could not be written."""
    if out is not None and out.exists():
        raise BadInput(f"{out} is there already; name a file that is not, or remove it first")
    if out is not None and not out.absolute().parent.is_dir():
        raise BadInput(f"there is no folder {out.absolute().parent} to write {out.name} into")
