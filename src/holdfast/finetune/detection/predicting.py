"""A tuned detector on new pictures: a line for each box, as label files have them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit.facts.images.decoding import quiet as quiet_decoding
from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.media import ABSENT, Media
from holdfast.data.canonical import STRING
from holdfast.finetune.answering import ROW, Answering, Asked
from holdfast.finetune.detection import answers
from holdfast.finetune.detection.matching import Detections
from holdfast.finetune.detection.models import loaded
from holdfast.finetune.detection.ultralytics_process.process import ask, required
from holdfast.finetune.detection.ultralytics_process.verb import CARD, WEIGHTS, Options, card_of
from holdfast.finetune.device import beside, placed
from holdfast.finetune.evaluation import quiet
from holdfast.finetune.models.images import opened

LEAST = 0.25  # score of a box that is told, unless said otherwise
_AT_ONCE = 32  # pictures
Finds = Callable[[Sequence[str], Media], tuple[Detections, Sequence[str]]]


def predictor(asked: Asked) -> Answering:
    """Return what tells the boxes of pictures, one a row: class, score, centre, width and height as shares."""
    wrong = [name for name in asked.options if name != "least"]
    if wrong:
        raise BadInput(f"{asked.recipe.task} gives boxes; --{wrong[0].replace('_', '-')} is for models that write text")
    least = float(asked.options.get("least", LEAST))
    if not 0.0 <= least <= 1.0:
        raise BadInput(f"--least is a score from 0 to 1; got {least:g}")
    finds = _apart(asked) if (asked.model / WEIGHTS).is_file() else _here(asked)

    def answer(rows: pa.Table, media: Media) -> pa.Table:
        """Return a row for each box: the picture's row in the block, and the box."""
        values = rows.column(asked.columns[0]).to_pylist()
        there = [at for at, value in enumerate(values) if isinstance(value, str) and not value.startswith(ABSENT)]
        found, names = finds([values[at] for at in there], media)
        kept = np.flatnonzero(found.scores >= least)
        kept = kept[np.lexsort((-found.scores[kept], found.images[kept]))]
        one = found.take(kept)
        rows_of = np.array(there, dtype=np.int64)[one.images] if len(one) else np.zeros(0, np.int64)
        boxes = {name: pa.array(one.places[:, at].astype(np.float32)) for at, name in
                 enumerate(("x", "y", "width", "height"))}  # fmt: skip
        return pa.table({
            ROW: pa.array(rows_of, pa.int64()),
            "class": pa.array([names[number] for number in one.classes.tolist()], STRING),
            "score": pa.array(one.scores.astype(np.float32)), **boxes,
        })  # fmt: skip

    return Answering(
        answer, needs=asked.columns[:1], reads="image", at_once=_AT_ONCE,
        silent=f"no box of theirs has a score of {least:g} or more (--least), or they cannot be read", many=True,
    )  # fmt: skip


def _here(asked: Asked) -> Finds:
    """Return what finds boxes with a detector of transformers."""
    import torch

    model = loaded(str(asked.model))
    placed(model.module)

    def finds(values: Sequence[str], media: Media) -> tuple[Detections, Sequence[str]]:
        with quiet_decoding():
            seen = [opened(media, value, model.shown) for value in values]
        good = np.array([at for at, (_, problem) in enumerate(seen) if not problem], dtype=np.int64)
        if not len(good):
            return _none(), model.names
        pixels = torch.from_numpy(model.shown.tensor(np.stack([seen[at][0] for at in good])))
        with quiet(model.module):
            found = answers.detections(model.module(pixel_values=beside(model.module, pixels)), softmax=model.softmax)
        return Detections(good[found.images], found.classes, found.scores, found.places), model.names

    return finds


def _apart(asked: Asked) -> Finds:
    """Return what finds boxes with a model of Ultralytics, in another process."""
    options = checked(Options, asked.recipe.of("yolo"), table="options.yolo")
    python, card = required(options.python), card_of(asked.model / CARD)
    names: list[str] = list(card["classes"])

    def finds(values: Sequence[str], media: Media) -> tuple[Detections, Sequence[str]]:
        if not values:
            return _none(), names
        boxes: list[tuple[int, list[float]]] = []

        def heard(event: dict[str, Any]) -> None:
            if event.get("event") == "pictures":
                for at, one in enumerate(event["boxes"]):
                    boxes.extend((int(event["first"]) + at, list(map(float, box))) for box in one)

        with TemporaryDirectory(prefix="holdfast-") as folder:
            files = [_file(media, value, Path(folder), at) for at, value in enumerate(values)]
            order = {
                "do": "predict", "model": str((asked.model / WEIGHTS).absolute()), "size": int(card["size"]),
                "device": options.device, "threads": options.threads, "pictures": files,
            }  # fmt: skip
            ask(python, order, Path(folder) / "ultralytics", heard)
        if not boxes:
            return _none(), names
        table = np.array([one for _, one in boxes])
        images = np.array([at for at, _ in boxes], dtype=np.int64)
        return Detections(images, table[:, 0].astype(np.int64), table[:, 1], table[:, 2:]), names

    return finds


def _file(media: Media, value: str, folder: Path, at: int) -> str:
    """Return where a picture lies; one that stands in a table is written down first. Raises BadInput."""
    place = media.places.get(value)
    if isinstance(place, Path):
        return str(place.absolute())
    path = folder / f"{at:05}.png"
    try:
        path.write_bytes(media.read(value))
    except OSError as error:
        raise BadInput(f"a picture cannot be read: {error.strerror or error}") from error
    return str(path)


def _none() -> Detections:
    return Detections(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 4)))
