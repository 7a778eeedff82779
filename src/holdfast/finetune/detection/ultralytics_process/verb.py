"""A model of Ultralytics, tuned by its own loop in another process, with the gate before and the guards around it."""

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from holdfast.audit.supervision import Ledger, Supervision
from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, listening, track
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.recording import begun, data_fields
from holdfast.core.store import RunStore, new_id
from holdfast.core.text import one_line
from holdfast.data.images.layouts import description_of
from holdfast.data.loading import load
from holdfast.finetune.detection.boxes import described_path, drawn
from holdfast.finetune.detection.ultralytics_process import measuring, telling
from holdfast.finetune.detection.ultralytics_process.data import Shown, remove, shown
from holdfast.finetune.detection.ultralytics_process.process import LICENCE, Event, ask, required
from holdfast.finetune.gate import gated
from holdfast.finetune.guards import guarded
from holdfast.finetune.model_folder import MODEL, model_written
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.scorecard import keep, scorecard
from holdfast.finetune.splits import in_splits
from holdfast.finetune.stages import Stages
from holdfast.finetune.starts import started_again
from holdfast.finetune.tasks.detect_objects import NAME as TASK
from holdfast.finetune.tasks.detect_objects import Options as BoxOptions

WEIGHTS = "model.pt"
CARD = "holdfast.json"
_ENDINGS = (".pt", ".yaml", ".yml")
_SIZE = 640  # pixels, the library's own default
_FOREIGN = ("adapt", "keep", "micro", "schedule", "stop", "evaluations", "budget", "search", "label", "group", "inputs")
_WHITHER = "from the newest weights of Ultralytics, not to the same bits"
# What decides where things lie, what is read and what is sent, and is not for a recipe to say.
_OURS = frozenset({
    "data", "project", "name", "exist_ok", "resume", "model", "cfg", "mode", "task", "save", "save_dir", "save_period",
    "plots", "verbose", "device", "epochs", "batch", "imgsz", "seed", "workers", "tracker", "cache", "val", "split",
    "pretrained", "source", "distill_model",
})  # fmt: skip


class Options(BaseModel):
    """Options of `yolo`."""

    model_config = FROZEN
    python: str | None = Field(None, description="of an environment that has Ultralytics; this one, if not said")
    size: int = Field(_SIZE, ge=32, le=4096, description="pixels a side")
    device: str = Field("auto", description="as the library names them: cpu, 0, mps; auto: CUDA where it is there")
    threads: int = Field(1, ge=1, le=256, description="of the processor, for their process")
    more: dict[str, bool | int | float | str] = Field({}, description="settings of their training, such as mosaic = 0")


class Trained(BaseModel):
    """What their training came to."""

    model_config = FROZEN
    rows: tuple[dict[str, float], ...]  # of results.csv
    weights: int
    seconds: float
    resumed: bool
    version: str
    torch: str


@dataclass(frozen=True)
class Work:
    """One training, and how the other process is asked."""

    recipe: Recipe
    options: Options
    python: str
    folder: Path  # of the run
    shown: Shown
    names: Sequence[str]
    streams: Streams
    stages: Stages
    progress: Progress

    @property
    def home(self) -> Path:
        """Where the library has its settings, its data and what it writes."""
        return self.folder / "ultralytics"

    def order(self, do: str, model: str) -> dict[str, Any]:
        """Return an order."""
        said = self.options
        return {"do": do, "model": model, "size": said.size, "device": said.device, "threads": said.threads}


def names_ultralytics(recipe: Recipe) -> bool:
    """Return whether a recipe names a model of Ultralytics, by its ending, and a data.yaml."""
    if not recipe.model.lower().endswith(_ENDINGS) or recipe.task not in {"auto", TASK}:
        return False
    return recipe.task == TASK or (isinstance(recipe.data, str) and description_of(Path(recipe.data)) is not None)


def finetune_ultralytics(
    recipe: Recipe,
    *,
    store: RunStore,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    resume: Run | None = None,
) -> Run:
    """Return the record of a training by Ultralytics; its weights lie beside it in the folder `model`.

    `resume` goes on from their newest weights, and not to the same bits: their checkpoints do not allow that. Raises
    BadInput for a recipe, data or a model that do not fit; MissingExtra without the library; StoreError.
    """
    started, progress = time.perf_counter(), listening(progress)
    options = checked(Options, recipe.of("yolo"), table="options.yolo")
    described_path(recipe.data)
    model, python = _refused(recipe, options), required(options.python)
    dataset, original, note = in_splits(recipe, lambda data: _loaded(data, recipe, progress), progress)
    run = begun(
        "finetune", f"objects in pictures, by Ultralytics: {Path(recipe.model).name} on {dataset.name}", command,
        recipe, id=resume.id if resume else new_id(), **data_fields(dataset),
        notes=(*((note,) if note else ()), LICENCE),
    )  # fmt: skip
    again = started_again(run, resume, recipe.model, store, progress, started, whither=_WHITHER)
    with again as (going, folder):
        faulty = checked(BoxOptions, recipe.of(TASK), table=f"options.{TASK}").faulty
        given = drawn(recipe.data, dataset, faulty=faulty)
        home = folder / "ultralytics"
        work = Work(
            recipe, options, python, folder, shown(dataset, given, home / "data"), given.names,
            Streams(recipe.seed), Stages(folder / "stages"), going.listening(progress),
        )  # fmt: skip
        found = gated(dataset, original, _supervision(work.shown), None, recipe, progress)
        if found.broken:
            done: dict[str, Any] = {"results": found.results, "says": found.says, "sections": found.sections}
        else:
            trained = _trained(work, model)
            _kept(work, trained)
            then = None
            if original is not None and recipe.original is not None:
                then = original, drawn(recipe.original, original, faulty=faulty)
            training, seen = measuring.measured(work, model, trained, then)
            keep(scorecard(training), folder)
            done = {
                "results": (*found.results, *guarded(training, progress)),
                "says": telling.sentence(training),
                "sections": (*telling.sections(work, training, trained, seen), *found.sections),
                "notes": (*run.notes, *given.notes, *telling.notes(work, trained)),
                "config": {**run.config, "task": TASK, "inputs": ["image"]},
            }
        remove(home / "data")
        return going.finish(**done)


def _trained(work: Work, model: str) -> Trained:
    """Let the other process train, or read back what it came to."""

    def done() -> Trained:
        began = time.perf_counter()
        about = ask(work.python, {"do": "about"}, work.home)
        epochs = max(1, round(work.recipe.epochs))
        said = dict(work.options.more)
        if work.recipe.rate is not None:  # their automatic choice of an optimiser does not listen to a rate
            said = {"optimizer": "AdamW", "lr0": work.recipe.rate, **said}
        order = {
            **work.order("train", model), "data": str(work.shown.described), "epochs": epochs, "more": said,
            "batch": work.recipe.batch, "seed": work.recipe.seed, "folder": str(work.home.absolute()),
        }  # fmt: skip
        with track(work.progress, "training", epochs, "epochs") as advance:
            reached = 0

            def heard(event: Event) -> None:
                nonlocal reached
                if event.get("event") == "epoch" and reached < int(event["epoch"]) <= epochs:
                    advance(int(event["epoch"]) - reached)
                    reached = int(event["epoch"])

            last = ask(work.python, order, work.home, heard)
        return Trained(
            rows=tuple(last["rows"]), weights=int(last["weights"]), seconds=time.perf_counter() - began,
            resumed=bool(last["resumed"]), version=str(about["version"]), torch=str(about["torch"]),
        )  # fmt: skip

    return work.stages("ultralytics", Trained, done)


def _kept(work: Work, trained: Trained) -> None:
    """Put the best weights beside the record, with what they are. Raises StoreError."""
    folder = work.folder / MODEL
    best = next((work.home / name for name in ("best.pt", "last.pt") if (work.home / name).is_file()), None)
    if best is None:
        if (folder / WEIGHTS).is_file():
            return
        raise BadInput("Ultralytics ended without weights; see its log in the folder `ultralytics` of the run")
    card = {
        "made_by": f"ultralytics {trained.version}", "licence": "AGPL-3.0", "classes": list(work.names),
        "size": work.options.size, "weights": WEIGHTS,
    }  # fmt: skip
    with model_written(folder) as making:
        shutil.copyfile(best, making / WEIGHTS)
        (making / CARD).write_text(json.dumps(card, indent=1), "utf-8")


def card_of(path: Path) -> dict[str, Any]:
    """Return what stands beside weights that were tuned here. Raises BadInput."""
    try:
        card = json.loads(path.read_bytes())
        if isinstance(card, dict) and isinstance(card["classes"], list) and isinstance(card["size"], int):
            return card
    except (OSError, ValueError, KeyError):
        pass
    raise BadInput(f"{path} does not say which classes the weights beside it find; tune again")


def _refused(recipe: Recipe, options: Options) -> str:
    """Return the model as the other process is told it. Raises BadInput for what it cannot do."""
    name = one_line(recipe.model, 120)
    for field in _FOREIGN:
        if field in recipe.model_fields_set and getattr(recipe, field) != Recipe.model_fields[field].default:
            raise BadInput(
                f"{field} is for models that are trained here, and {name} is trained by Ultralytics' own loop; its "
                "settings stand under [options.yolo.more]"
            )
    wrong = sorted(set(options.more) & _OURS)
    if wrong:
        raise BadInput(f"options.yolo.more.{wrong[0]} is settled here; leave it out")
    place = Path(recipe.model)
    if place.is_file():
        return str(place.absolute())
    if place.suffix.lower() == ".pt":
        raise BadInput(
            f"no file {name}; Holdfast downloads nothing. Fetch the weights where you trust them, or begin from random "
            f"ones with the description alone ({one_line(place.stem, 60)}.yaml)"
        )
    if len(place.parts) > 1:
        raise BadInput(f"no file {name}; wanted a description of a model, or the name of one that Ultralytics has")
    return recipe.model


def _loaded(data: str | Mapping[str, str], recipe: Recipe, progress: Progress) -> Any:
    return load({"all": str(described_path(data))}, seed=recipe.seed, progress=progress)


def _supervision(given: Shown) -> Supervision:
    ledgers = {}
    for split, rows in given.rows.items():
        ones = given.boxes[split].counts.clip(1)
        ledgers[split] = Ledger(rows, ones, ones, ones, ones * 0)
    return Supervision("boxes or backgrounds", None, ledgers, ("image",), labelled=False)
