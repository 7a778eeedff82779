"""Sets of pictures with planted copies: blends of windows of large drawings and of scikit-learn's two photographs."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from holdfast.audit.cases.images import drawing

HIGH, WIDE = 150, 200
Change = Callable[[np.random.Generator, np.ndarray], np.ndarray]


class Source:
    """Draws pictures that no two have in common, as cheaply as a hundred thousand of them need."""

    def __init__(self, rng: np.random.Generator, n_canvases: int = 60) -> None:
        """Make the canvases that windows are cut from."""
        from sklearn.datasets import load_sample_images

        photographs = [image[:, :, :] for image in load_sample_images().images]
        self._canvases = [drawing(rng, 500, 700) for _ in range(n_canvases)] + photographs * (n_canvases // 8)
        self._rng = rng

    def picture(self) -> np.ndarray:
        """Return a blend of three windows, mirrored or not, with the last of them in an oval."""
        first, second, third = (self._window() for _ in range(3))
        share = self._rng.uniform(0.35, 0.65)
        blend = first * share + second * (1 - share)
        y, x = np.ogrid[0:HIGH, 0:WIDE]
        centre, half = self._rng.uniform((0, 0), (HIGH, WIDE)), self._rng.uniform((25, 35), (60, 80))
        oval = ((y - centre[0]) / half[0]) ** 2 + ((x - centre[1]) / half[1]) ** 2 < 1
        blend[oval] = third[oval]
        return np.clip(blend, 0, 255).astype(np.uint8)

    def _window(self) -> np.ndarray:
        canvas = self._canvases[self._rng.integers(len(self._canvases))]
        step = 2 if self._rng.random() < 0.3 else 1
        top = self._rng.integers(canvas.shape[0] - HIGH * step + 1)
        left = self._rng.integers(canvas.shape[1] - WIDE * step + 1)
        window = canvas[top : top + HIGH * step : step, left : left + WIDE * step : step]
        turned = window[:: self._rng.choice([-1, 1]), :: self._rng.choice([-1, 1])]
        return turned.astype(np.float32) * self._rng.uniform(0.7, 1.1)


def jpeg(pixels: np.ndarray, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def resized(share: float) -> Change:
    return lambda _, a: np.asarray(Image.fromarray(a).resize((round(a.shape[1] * share), round(a.shape[0] * share))))


def cropped(share: float) -> Change:
    """Return a change that cuts a share of width and of height, wherever chance has it."""

    def cut(rng: np.random.Generator, a: np.ndarray) -> np.ndarray:
        high, wide = round(a.shape[0] * (1 - share)), round(a.shape[1] * (1 - share))
        top, left = rng.integers(a.shape[0] - high + 1), rng.integers(a.shape[1] - wide + 1)
        return a[top : top + high, left : left + wide]

    return cut


def brighter(_: np.random.Generator, a: np.ndarray) -> np.ndarray:
    return np.clip(a * 1.25 + 10, 0, 255).astype(np.uint8)


def marked(_: np.random.Generator, a: np.ndarray) -> np.ndarray:
    """Return the picture with a light box over a twentieth of it, as a caption or a stamp leaves it."""
    changed = a.copy()
    changed[-a.shape[0] // 8 :, : round(a.shape[1] * 0.4)] = 235
    return changed


# Name: (change, quality of JPEG afterwards).
CHANGES: dict[str, tuple[Change, int]] = {
    "compressed again, quality 70": (lambda _, a: a, 70),
    "compressed again, quality 30": (lambda _, a: a, 30),
    "compressed again, quality 10": (lambda _, a: a, 10),
    "resized to 75%": (resized(0.75), 85),
    "resized to 50%": (resized(0.5), 85),
    "resized to 25%": (resized(0.25), 85),
    "brighter by a quarter": (brighter, 85),
    "grey": (lambda _, a: np.repeat(a.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8), 85),
    "a box over 5%": (marked, 85),
    "mirrored": (lambda _, a: a[:, ::-1], 85),
    "upside down": (lambda _, a: a[::-1], 85),
    "turned by 90°": (lambda _, a: np.rot90(a), 85),
    "turned by 180°": (lambda _, a: np.rot90(a, 2), 85),
    "cropped by 5%": (cropped(0.05), 85),
    "cropped by 10%": (cropped(0.1), 85),
    "cropped by 15%": (cropped(0.15), 85),
    "cropped by 20%": (cropped(0.2), 85),
    "cropped by 25%": (cropped(0.25), 85),
    "mirrored and cropped by 10%": (lambda rng, a: cropped(0.1)(rng, a[:, ::-1]), 85),
}


def written(folder: Path, n: int, every: int, seed: int = 0) -> dict[str, tuple[str, str]]:
    """Write `n` JPEGs, a fifth of them the test; return for each planted copy (its source, the change).

    One in `every` pictures is copied from the training into the test folder with some change.
    """
    rng = np.random.default_rng(seed)
    source = Source(rng)
    n_copies = n // every
    names = list(CHANGES)
    truth = {}
    for split in ("train", "test"):
        for label in "ab":
            (folder / split / label).mkdir(parents=True)
    for number in range(n - n_copies):
        pixels = source.picture()
        split = "train" if number % 5 or number < n_copies else "test"
        name = f"{split}/{'ab'[number % 2]}/{number:06}.jpg"
        (folder / name).write_bytes(jpeg(pixels, int(rng.integers(75, 95))))
        if number < n_copies:
            how = names[number % len(names)]
            change, quality = CHANGES[how]
            copy = f"test/{'ab'[number % 2]}/copy{number:06}.jpg"
            (folder / copy).write_bytes(jpeg(change(rng, pixels), quality))
            truth[copy] = (name, how)
    return truth
