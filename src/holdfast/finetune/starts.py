"""The starts of a run, which may be killed and gone on with: its time is that of all, its data stay the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from holdfast.core.durable import write_whole
from holdfast.core.errors import BadInput, HoldfastError, StoreError
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Progress, say
from holdfast.core.record import Run
from holdfast.core.recording import OpenRun
from holdfast.core.store import DEFAULT_ROOT, RunStore, RunWriter, read_events
from holdfast.finetune import processes
from holdfast.finetune.device import OutOfMemory

START = "start"  # the event that a start begins with
_MODEL = "model.sha256"  # what the model was when the run began
_WEIGHTS = ("config.json", "tokenizer.json", "*.safetensors")


def may_go_on(run: Run) -> Run:
    """Return a run that was interrupted. Raises BadInput for one of another kind, finished, failed or going on."""
    if run.kind != "finetune":
        raise BadInput(f"run {run.id} is no fine-tuning but of kind {run.kind}: it cannot be gone on with here")
    if run.status == "finished":
        raise BadInput(f"run {run.id} is finished: nothing is left to do. See it: holdfast report {run.id}")
    if run.status == "failed":
        raise BadInput(f"run {run.id} failed and would again ({run.says}). Start a new one")
    if run.status == "running":
        raise BadInput(f"run {run.id} is going on in another process; wait for it, or stop it first")
    return run


def refuse_changed(before: Run, now: Run) -> None:
    """Raise BadInput where data are other than those that a run began with."""
    if before.test_digest == now.test_digest and [one.digest for one in before.inputs] == [
        one.digest for one in now.inputs
    ]:
        return
    changed = [new.name for old, new in zip(before.inputs, now.inputs, strict=False) if old.digest != new.digest] or [
        "their number"
    ]
    raise BadInput(
        f"the data of run {before.id} have changed since it began ({', '.join(changed)}): it cannot be gone on with; "
        "put them back, or start a new run"
    )


@contextmanager
def start(writer: RunWriter, model: str, store: RunStore, progress: Progress, whither: str) -> Iterator[float]:
    """Mark a start in the run's events, and yield the seconds of the starts before it.

    What breaks off is told with the way to go on, and `whither` that leads. What was wrong ends a run that had begun
    to learn as failed.
    Raises BadInput where the model is another one than the run began with.
    """
    seconds = earlier(writer.folder)
    where = "" if store.root == DEFAULT_ROOT else f" --runs {store.root}"
    on = f"go on {whither}: {processes.program()} finetune --resume {writer.run.id}{where}"
    _same_model(writer.folder, Path(model), writer.run.id)
    writer.event({"event": START})
    try:
        yield seconds
    except KeyboardInterrupt:
        say(progress, f"stopped; {on}")
        raise
    except (StoreError, OutOfMemory):
        say(progress, f"what was saved until now is whole; when there is room again, {on}")
        raise
    except HoldfastError as error:
        if isinstance(error, BadInput) and not writer.has_kept:  # a mistake in the call: no run is left of it
            raise
        writer.finish(writer.run.model_copy(update={"status": "failed", "says": str(error)}))
        raise


@contextmanager
def started_again(
    run: Run,
    resume: Run | None,
    model: str,
    store: RunStore,
    progress: Progress,
    since: float,
    *,
    whither: str = "to the same end",
) -> Iterator[tuple[OpenRun, Path]]:
    """Begin a run, or go on with `resume`; yield what takes it down, and its folder. Its time is that of all starts.

    `since` is `time.perf_counter()` at the beginning of this one. Raises as `may_go_on`, `refuse_changed`, `start`.
    """
    if resume is not None:
        refuse_changed(may_go_on(resume), run)
    with store.begin(run) as writer, start(writer, model, store, progress, whither) as before:
        yield OpenRun(run, writer, since - before), writer.folder


def earlier(folder: Path) -> float:
    """Return the seconds of the starts until now: each from its beginning to its last sign of life."""
    seconds = 0.0
    begun: datetime | None = None
    last: datetime | None = None
    for event in read_events(folder):
        try:
            at = datetime.fromisoformat(event["at"])
        except (KeyError, TypeError, ValueError):
            continue
        if event.get("event") == START:
            seconds += _between(begun, last)
            begun = at
        last = at
    return seconds + _between(begun, last)


def _between(begun: datetime | None, last: datetime | None) -> float:
    return max(0.0, (last - begun).total_seconds()) if begun is not None and last is not None else 0.0


def _same_model(folder: Path, model: Path, run: str) -> None:
    """Remember what the model's files hold, where they are in a folder; raise BadInput where that has changed."""
    if not model.is_dir():
        return
    files = sorted(path for pattern in _WEIGHTS for path in model.glob(pattern) if path.is_file())
    try:
        now = "\n".join(f"{path.name} {digest_file(path)}" for path in files)
    except OSError as error:
        raise BadInput(f"model {model} cannot be read: {error.strerror or error}") from error
    place = folder / _MODEL
    try:
        before = place.read_text()
    except OSError:
        try:
            write_whole(place, now.encode())
        except OSError as error:
            raise StoreError(f"cannot write to {folder}: {error.strerror or error}") from error
        return
    if before != now:
        raise BadInput(
            f"the model {model} of run {run} has changed since it began: it cannot be gone on with; put it back, or "
            "start a new run"
        )
