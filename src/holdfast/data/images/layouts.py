"""Which way of storing images a folder or a file follows, if any."""

from pathlib import Path

from holdfast.core.errors import BadInput
from holdfast.data.images.coco import coco_reading, may_be_coco
from holdfast.data.images.files import is_hidden
from holdfast.data.images.folders import image_folder
from holdfast.data.images.idx import idx_reading, is_idx
from holdfast.data.images.yolo import is_yolo, yolo_reading
from holdfast.data.loaders import Reading
from holdfast.data.yaml_safe import load_yaml

_YAML = (".yaml", ".yml")
_METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")  # as Hugging Face names the table of a folder
_DESCRIBED = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")


def images_of_folder(folder: Path) -> Reading | Path | None:
    """Return how a folder of images reads, or the file in it that describes them; None if it is something else.

    Raises BadInput, OSError.
    """
    for name in _METADATA:
        if (folder / name).is_file():
            return folder / name
    described = [folder / name for name in _DESCRIBED if (folder / name).is_file()]
    if described and is_yolo(load_yaml(described[0], described[0].name)):
        return described[0]
    return image_folder(folder)


def images_of_file(path: Path, plain: Path, name: str, begin: bytes) -> Reading | None:
    """Return how a file that describes images, or holds a block of them, reads; None if it is something else.

    `plain` is the file unpacked, `path` where it was found. Raises BadInput, MissingExtra.
    """
    lower = name.lower()
    if lower.endswith(_YAML):
        return yolo_reading(plain, name) if plain == path else _refused(name)
    if lower.endswith(".json") and may_be_coco(begin):
        return coco_reading(plain, path.parent, name)
    if is_idx(begin):
        return idx_reading(plain, path, name)
    return None


def missing_description(path: Path) -> str:
    """Return what to say of a description of a data set that is not there, such as the bare name coco8.yaml."""
    if path.suffix.lower() not in _YAML or is_hidden(path.name):
        return ""
    return (
        ". Other tools know names such as coco8.yaml and download what they stand for; Holdfast reads what is on disk "
        "and downloads nothing. Give the path of the file"
    )


def resolved_description(path: Path) -> Path | None:
    """Return where a bare name such as `coco8.yaml` is on this disk: beside its data, below here or in `datasets`."""
    if path.suffix.lower() not in _YAML or len(path.parts) != 1:
        return None
    here = Path.cwd()
    tried = [here / "datasets" / path, here / path.stem / path, here / "datasets" / path.stem / path]
    tried += [folder / "data.yaml" for folder in (here / path.stem, here / "datasets" / path.stem)]
    return next((place for place in tried if place.is_file()), None)


def description_of(path: Path) -> Path | None:
    """Return the data.yaml that a path means: itself, the one in a folder, or a bare name; None where it means none."""
    if path.is_dir():
        found = (path / name for name in _DESCRIBED)
        return next((one for one in found if one.is_file()), None)
    if path.suffix.lower() not in _YAML:
        return None
    return path if path.is_file() else resolved_description(path)


def _refused(name: str) -> Reading:
    raise BadInput(f"{name} is packed; unpack it, as its images are looked for beside it")
