"""Real items by their nature: pictures or points, whichever a file holds, or what is made up without one."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from holdfast.collapse.learners.networks.pictures import drawn_shapes, of_data, pictures
from holdfast.collapse.learners.networks.points import made_up, of_file, points
from holdfast.collapse.learners.networks.real import Real
from holdfast.collapse.reading.options import own_data
from holdfast.collapse.reading.sets import ARRAYS, read_set

_WHAT = "what is learnt from; without it items are made up"

World = Literal["pictures", "two-moons", "eight-gaussians"]


@lru_cache(maxsize=4)
def real_items(file: str | None, side: int, world: World) -> Real:
    """Return the pictures of a file at this height and width, or its numbers. Raises BadInput, MissingExtra."""
    if file is None:
        return pictures(drawn_shapes(side)) if world == "pictures" else points(made_up(world))
    path = Path(file).expanduser()
    data = None if path.suffix.lower() in ARRAYS else own_data(path, _WHAT)
    if data is not None and data.of(kind="image"):
        return pictures(of_data(data, path, side))
    return points(of_file(read_set(path)))


@lru_cache(maxsize=4)
def real_pictures(file: str | None, side: int) -> Real:
    """Return the pictures of a file at this height and width, or drawn shapes. Raises BadInput, MissingExtra."""
    if file is None:
        return pictures(drawn_shapes(side))
    path = Path(file).expanduser()
    return pictures(of_data(own_data(path, _WHAT), path, side))
