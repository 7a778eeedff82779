"""The guards around a training by Ultralytics: judged here, by boxes that the other process gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from holdfast.audit.training import Cost, Curves, Forgetting, Gap, Guard, Item, Training, Transfer
from holdfast.core.dataset import Dataset
from holdfast.core.finding import FROZEN
from holdfast.core.progress import track
from holdfast.finetune.controls.usual_boxes import control as usual_boxes
from holdfast.finetune.controls.usual_boxes import everywhere, usual
from holdfast.finetune.detection.average_precision import precision
from holdfast.finetune.detection.boxes import Boxes, Drawn
from holdfast.finetune.detection.matching import Detections, matched
from holdfast.finetune.detection.ultralytics_process.data import shown
from holdfast.finetune.detection.ultralytics_process.process import Event, ask
from holdfast.finetune.generalisation import generalisation_gap
from holdfast.finetune.measuring.forgetting import BUDGET, lost_since
from holdfast.finetune.measuring.transfer import Way, standing
from holdfast.finetune.measuring.work import estimate
from holdfast.finetune.tasks.definitions import Judged
from holdfast.finetune.tasks.detect_objects import METRIC, NAME

_OWN_LOOP = "Ultralytics trains by its own loop"
_LOSSES = ("box_loss", "cls_loss", "dfl_loss", "l1_loss")
_FITNESS = "metrics/mAP50-95(B)"


class Answers(BaseModel):
    """Boxes of pictures, as a stage keeps them: picture, class by name, score, centre, width and height."""

    model_config = FROZEN
    boxes: tuple[tuple[int, str, float, float, float, float, float], ...]


@dataclass(frozen=True)
class Seen:
    """Test pictures: what is drawn in them and what was found."""

    truth: Boxes
    found: Detections


def measured(work: Any, model: str, trained: Any, original: tuple[Dataset, Drawn] | None) -> tuple[Training, Seen]:
    """Return what the guards see, and what was found in the test pictures."""
    tuned = str((work.folder / "model" / "model.pt").absolute())
    given = work.shown
    truth = given.boxes["test"]
    found = _named(answered(work, "test", tuned, given.files["test"]), work.names)
    judged = _judged(truth, found, len(work.names))
    silent: dict[Guard, str] = {
        "cost": f"{_OWN_LOOP}, so that nothing was foretold",
        "sensitivity": f"{_OWN_LOOP}; trainings at other rates would each cost as much again",
        "need": "not estimable: trainings on parts of the data would each cost as much again",
    }
    training = Training(
        task=NAME, metric=METRIC, curves=_curves(trained.rows), gap=_gap(work, tuned, trained),
        transfer=_transfer(work, model, truth, judged), forgetting=_forgetting(work, model, tuned, original, silent),
        cost=Cost((Item("training", "seconds", None, trained.seconds, "in the other process, its start included"),)),
        silent=silent,
    )  # fmt: skip
    return training, Seen(truth, found)


def answered(work: Any, name: str, model: str, files: Sequence[str]) -> Answers:
    """Return what a model finds in pictures; once, and kept."""

    def done() -> Answers:
        boxes: list[tuple[int, str, float, float, float, float, float]] = []
        raw: list[tuple[int, list[float]]] = []
        with track(work.progress, f"looking at {name}", len(files), "pictures") as advance:

            def heard(event: Event) -> None:
                if event.get("event") == "pictures":
                    for at, one in enumerate(event["boxes"]):
                        raw.extend((int(event["first"]) + at, list(map(float, box))) for box in one)
                    advance(len(event["boxes"]))

            last = ask(work.python, {**work.order("predict", model), "pictures": list(files)}, work.home, heard)
        names = {int(number): str(one) for number, one in last["names"].items()}
        for at, (number, *rest) in raw:
            share, x, y, wide, high = rest
            boxes.append((at, names.get(int(number), str(int(number))), share, x, y, wide, high))
        return Answers(boxes=tuple(boxes))

    found: Answers = work.stages(f"answers-{name}", Answers, done)
    return found


def _named(answers: Answers, names: Sequence[str]) -> Detections:
    """Return boxes of known classes, by their numbers here."""
    number = {name: at for at, name in enumerate(names)}
    kept = [box for box in answers.boxes if box[1] in number]
    return Detections(
        np.array([box[0] for box in kept], dtype=np.int64),
        np.array([number[box[1]] for box in kept], dtype=np.int64),
        np.array([box[2] for box in kept], dtype=np.float64),
        np.array([box[3:] for box in kept], dtype=np.float64).reshape(-1, 4),
    )


def _judged(truth: Boxes, found: Detections, n_classes: int) -> Judged:
    scores = np.zeros(len(truth))
    if len(truth.classes):
        scores = precision(matched(truth, found, n_classes)).by_image
    return Judged(scores, 1.0 - scores, np.ones(len(truth)))


def _transfer(work: Any, model: str, truth: Boxes, tuned: Judged) -> Transfer:
    """Return the tuned model beside the usual boxes and, where it had weights, the model as it came."""
    n = len(work.names)
    simple = everywhere(usual(work.shown.boxes["train"], n, work.streams), len(truth))
    ways = [Way(usual_boxes.name, usual_boxes.says, _judged(truth, simple, n))]
    left_out = [("scratch", "a training from random weights would cost as much again")]
    if model.endswith(".pt"):
        came = _judged(truth, _named(answered(work, "test-untuned", model, work.shown.files["test"]), work.names), n)
        says = "the model as it came, of whose classes those of the same name count"
        ways.append(Way("untuned", says, came, pretrained=True))
    else:
        left_out = [("untuned", "it begins from random weights"), ("scratch", "the training is one from scratch")]
    return standing(tuned, ways, METRIC, work.streams, tuple(left_out))


def _gap(work: Any, tuned: str, trained: Any) -> Gap:
    """Return the gap in 1 − mAP, as their losses are told for no picture by itself."""
    given, n = work.shown, len(work.names)
    many = min(len(given.files["valid"]), len(given.files["train"]))
    chosen = np.sort(work.streams("watched").permutation(len(given.files["train"]))[:many])
    watched = [given.files["train"][at] for at in chosen]
    train = _judged(given.boxes["train"].take(chosen), _named(answered(work, "train", tuned, watched), work.names), n)
    valid = _judged(given.boxes["valid"], _named(answered(work, "valid", tuned, given.files["valid"]), work.names), n)
    fitness = [row.get(_FITNESS, 0.0) for row in trained.rows] or [0.0]
    reached, wanted = len(trained.rows), max(1, round(work.recipe.epochs))
    return Gap(
        train=train.mean_loss, valid=valid.mean_loss,
        difference=estimate(generalisation_gap(train.loss, valid.loss, work.streams)),
        chosen=int(np.argmax(fitness)) + 1, last=reached, score_lost=max(fitness) - fitness[-1],
        stopped=f"Ultralytics stopped after {reached} of {wanted} epochs" if 0 < reached < wanted else "",
    )  # fmt: skip


def _curves(rows: Sequence[Mapping[str, float]]) -> Curves | None:
    """Return their losses by epoch, those that the two sides share, added up."""
    shared = [name for name in _LOSSES if rows and f"train/{name}" in rows[0] and f"val/{name}" in rows[0]]
    if not shared:
        return None

    def losses(side: str) -> np.ndarray:
        return np.array([sum(row.get(f"{side}/{name}", np.nan) for name in shared) for row in rows], dtype=float)

    return Curves(
        steps=tuple(int(row.get("epoch", at + 1)) for at, row in enumerate(rows)), train=losses("train"),
        valid=losses("val"), valid_error=np.zeros(len(rows)),
        score=np.array([row.get(_FITNESS, 0.0) for row in rows]),
    )  # fmt: skip


def _forgetting(
    work: Any, model: str, tuned: str, original: tuple[Dataset, Drawn] | None, silent: dict[Guard, str]
) -> Forgetting | None:
    """Return what is lost of the original task, where the tuned model still has its classes."""
    if original is None:
        silent["forgetting"] = "no data of the original task were given (original = …)"
        return None
    dataset, given = original
    if not model.endswith(".pt"):
        silent["forgetting"] = "it begins from random weights, and has nothing to forget"
        return None
    gone = [name for name in given.names if name not in work.names]
    if gone:
        silent["forgetting"] = (
            f"not estimable: Ultralytics puts new outcomes in place of the old, and the tuned model has none for "
            f"{', '.join(gone[:4])}; what it could do there is gone"
        )
        return None
    before = shown(dataset, given, work.home / "original")
    truth, n = before.boxes["test"], len(given.names)
    first = _judged(truth, _named(answered(work, "original-untuned", model, before.files["test"]), given.names), n)
    last = _judged(truth, _named(answered(work, "original-tuned", tuned, before.files["test"]), given.names), n)
    budget = BUDGET if work.recipe.budget is None else work.recipe.budget
    return lost_since(first, last, METRIC, budget, work.streams)
