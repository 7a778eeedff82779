"""Started by another program with the Python of an environment that has Ultralytics; imports nothing of Holdfast.

One order comes as a JSON object on standard input: {"do": "about" | "train" | "predict", ...}. What happens goes out
as a JSON object a line: {"event": "epoch" | "saved" | "pictures" | "done" | "failed", ...}. What the library prints
goes to standard error.
"""

import csv
import json
import os
import shutil
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

_AT_ONCE = 16  # pictures predicted at once
_MOST = 100  # boxes of a picture
_LEAST = 0.001  # score of a box that is told, as the library does where it measures average precision


def main() -> int:
    """Do what the order says; return the exit code."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library prints is no answer
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    try:
        order = json.load(sys.stdin)
        known = {"about": about, "train": train, "predict": predict}
        known[order["do"]](order, out)
    except ImportError as error:
        tell(out, event="failed", kind="missing", says=str(error))
        return 3
    except Exception as error:  # noqa: BLE001 whatever went wrong there is told in one line
        traceback.print_exc()
        tell(out, event="failed", kind=type(error).__name__, says=str(error)[-2000:])
        return 4
    return 0


def end_with(parent: int) -> None:
    """End this process when the one that started it is gone, however that ended."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(5)


def tell(out: TextIO, **what: Any) -> None:
    """Write one line."""
    out.write(json.dumps(what) + "\n")
    out.flush()


def about(order: dict[str, Any], out: TextIO) -> None:
    """Tell which releases there are."""
    del order
    import ultralytics  # first, as it may be missing
    import torch  # isort: skip

    tell(out, event="done", version=ultralytics.__version__, torch=torch.__version__)


def train(order: dict[str, Any], out: TextIO) -> None:
    """Train a model on a data.yaml; the folder then holds best.pt, last.pt and results.csv.

    After each epoch the newest weights are copied as a whole to `kept.pt`, from which a broken training goes on.
    """
    library = _library(order)
    folder = Path(order["folder"])
    kept = folder / "kept.pt"

    def epoch(trainer: Any) -> None:
        metrics = {key: float(value) for key, value in (trainer.metrics or {}).items()}
        tell(out, event="epoch", epoch=int(trainer.epoch) + 1, of=int(trainer.epochs), metrics=metrics)

    def saved(trainer: Any) -> None:
        last = Path(trainer.last)
        if last.is_file():
            temporary = kept.with_suffix(".tmp")
            shutil.copyfile(last, temporary)
            temporary.replace(kept)
            tell(out, event="saved", epoch=int(trainer.epoch) + 1)

    resumed = kept.is_file()
    model = library.YOLO(str(kept) if resumed else order["model"], task="detect")
    model.add_callback("on_fit_epoch_end", epoch)
    model.add_callback("on_model_save", saved)
    said = {
        "data": order["data"], "epochs": order["epochs"], "batch": order["batch"], "imgsz": order["size"],
        "seed": order["seed"], "deterministic": True, "workers": 0, "device": _device(order), "plots": False,
        "project": str(folder), "name": "library", "exist_ok": True, "verbose": False, "val": True, **order["more"],
    }  # fmt: skip
    if resumed:
        said = {"resume": str(kept)}
    model.train(**said)
    home = Path(model.trainer.save_dir)
    for name in ("best.pt", "last.pt"):
        if (home / "weights" / name).is_file():
            shutil.copyfile(home / "weights" / name, folder / name)
    rows = _csv(home / "results.csv")
    if (home / "results.csv").is_file():
        shutil.copyfile(home / "results.csv", folder / "results.csv")
    tell(out, event="done", resumed=resumed, rows=rows, weights=sum(one.numel() for one in model.model.parameters()))


def _device(order: dict[str, Any]) -> str | None:
    """Return the device as the library takes it: by itself it takes a CUDA device, or else the processor."""
    return None if order["device"] == "auto" else str(order["device"])


def predict(order: dict[str, Any], out: TextIO) -> None:
    """Tell the boxes of pictures: class, score, centre, width and height as shares of the picture."""
    library = _library(order)
    model = library.YOLO(order["model"], task="detect")
    names = {int(number): str(name) for number, name in model.names.items()}
    files = order["pictures"]
    for start in range(0, len(files), _AT_ONCE):
        some = files[start : start + _AT_ONCE]
        found = model.predict(
            some, imgsz=order["size"], conf=_LEAST, max_det=_MOST, device=_device(order), verbose=False, save=False,
            stream=False, batch=len(some),
        )  # fmt: skip
        each = [
            [[int(c), float(s), *map(float, b)] for c, s, b in zip(
                one.boxes.cls.tolist(), one.boxes.conf.tolist(), one.boxes.xywhn.tolist(), strict=True)]
            for one in found
        ]  # fmt: skip
        tell(out, event="pictures", first=start, boxes=each)
    tell(out, event="done", names=names)


def _library(order: dict[str, Any]) -> Any:
    """Return the library, told to send nothing, to fetch nothing and to install nothing."""
    import torch
    import ultralytics

    torch.set_num_threads(max(1, int(order["threads"])))
    ultralytics.settings.update({"sync": False, **{name: False for name in _SENDERS if name in ultralytics.settings}})
    return ultralytics


_SENDERS = ("clearml", "comet", "dvc", "hub", "mlflow", "neptune", "raytune", "tensorboard", "wandb", "platform")


def _csv(path: Path) -> list[dict[str, float]]:
    """Return the rows of results.csv, as far as they are numbers."""
    if not path.is_file():
        return []
    rows = []
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            numbers = {}
            for key, value in row.items():
                try:
                    numbers[str(key).strip()] = float(value)
                except (TypeError, ValueError):
                    continue
            rows.append(numbers)
    return rows


if __name__ == "__main__":
    sys.exit(main())
