"""Every distinct image, decoded once: what is wrong with it, what its file says, and summaries of its pixels."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8, UInt64

from holdfast.audit.definitions import fact
from holdfast.audit.facts.images import properties
from holdfast.audit.facts.images.decoding import SIDE, SMALL, Decoded, decoded, pillow, quiet
from holdfast.core.dataset import Dataset
from holdfast.core.errors import MissingExtra, NotApplicable
from holdfast.core.media import ABSENT, Media
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.core.record import Sampled

_CHUNK = 64  # images that one thread decodes and summarises at once
_CELLS = 8


@dataclass(frozen=True)
class Images:
    """The distinct images of a column. Arrays run over `values`; `place[row]` is where a row's image stands, or -1.

    Where `ok` is False, `problem` says what is wrong (absent, unreadable, empty, no image, truncated, broken, giant),
    numbers are NaN or 0, texts empty, and pixels 0. All summaries of pixels are of the image as it is stored (EXIF
    orientation not applied), brought to a square of 128 × 128; large JPEGs are decoded at 1/2, 1/4 or 1/8 of their
    size, but never below 128 pixels.
    """

    column: str
    place: Int[np.ndarray, " rows"]
    values: tuple[str, ...]  # the hash of the bytes, as the column has it; sorted
    ok: Bool[np.ndarray, " images"]
    problem: tuple[str, ...]
    detail: tuple[str, ...]  # what the decoder said

    # what the file says
    width: Int[np.ndarray, " images"]  # pixels; known also where the pixels could not be read
    height: Int[np.ndarray, " images"]
    n_bytes: Int[np.ndarray, " images"]
    mode: tuple[str, ...]  # of Pillow: L, RGB, RGBA, P, CMYK, I;16 …
    format: tuple[str, ...]  # by content: JPEG, PNG, GIF, …
    bits: Int[np.ndarray, " images"]  # of one channel
    n_frames: Int[np.ndarray, " images"]
    animated: Bool[np.ndarray, " images"]
    alpha: Bool[np.ndarray, " images"]
    progressive: Bool[np.ndarray, " images"]  # or interlaced
    icc: Bool[np.ndarray, " images"]  # has a colour profile
    quality: Float[np.ndarray, " images"]  # of JPEG, 1 to 100, from its quantisation table; else NaN
    comment: tuple[str, ...]
    exif: Bool[np.ndarray, " images"]
    make: tuple[str, ...]
    model: tuple[str, ...]
    software: tuple[str, ...]
    taken: tuple[str, ...]  # date and time as the camera wrote them
    orientation: Int[np.ndarray, " images"]  # EXIF 1 to 8; 0 where none is given
    gps: Bool[np.ndarray, " images"]

    # low-level properties
    brightness: Float[np.ndarray, " images"]  # mean, 0 to 255
    contrast: Float[np.ndarray, " images"]  # standard deviation of brightness
    colour_mean: Float[np.ndarray, "images 3"]
    saturation: Float[np.ndarray, " images"]  # 0 to 1
    entropy: Float[np.ndarray, " images"]  # bits, of the histogram of brightness
    dark: Float[np.ndarray, " images"]  # share of pixels (at 64 × 64) below 8
    light: Float[np.ndarray, " images"]  # share of pixels (at 64 × 64) above 247
    sharpness: Float[np.ndarray, " images"]  # variance of the Laplacian in the middle 128 × 128 pixels, unscaled
    blockiness: Float[np.ndarray, " images"]  # 1 for none; NaN where decoded at less than full size

    # summaries of pixels
    small: UInt8[np.ndarray, "images 32 32 3"]
    cells: Float[np.ndarray, "images 8 8"]  # mean brightness
    cells_std: Float[np.ndarray, "images 8 8"]  # standard deviation of brightness inside each cell, at 64 × 64
    border: UInt8[np.ndarray, "images 4 64"]  # mean of the outermost eight lines (of 128): top, bottom, left, right
    hashes: UInt64[np.ndarray, "images 8"]  # pHash of the image and of its mirrored and turned versions (TURNS)
    sampled: Sampled | None = None

    def of_rows(self, values: np.ndarray | Sequence[float]) -> Float[np.ndarray, " rows"]:
        """Return a number per image as one per row; NaN for rows whose image is missing or not ok."""
        numbers = np.asarray(values, dtype=np.float64)
        found = np.full(len(self.place), np.nan)
        there = self.readable
        found[there] = numbers[self.place[there]]
        return found

    @property
    def readable(self) -> Bool[np.ndarray, " rows"]:
        """Rows whose image was decoded."""
        there = self.place >= 0
        return there & (self.ok[self.place] if len(self.ok) else False)


@fact(costly=True)
def images(dataset: Dataset, progress: Progress, streams: Streams, *, most: int = 200_000) -> Images:
    """Every distinct image of the first image column, decoded once; a random `most` of them, if there are more.

    Nothing that a file holds raises: what is wrong with it is told in `problem`.
    """
    columns = [column.name for column in dataset.of(kind="image") if column.role != "ignore"]
    if not columns:
        raise NotApplicable("no column of images")
    try:
        pillow()
    except MissingExtra as error:
        raise NotApplicable(str(error)) from error
    codes, raw = dataset.codes(columns[0])
    if not raw:
        raise NotApplicable(f"every value of the image column {columns[0]!r} is missing")
    order = sorted(range(len(raw)), key=lambda code: str(raw[code]))  # by content, so that row order never shows
    sampled = None
    if len(order) > most:
        kept = streams("images").permutation(len(order))[:most]
        order = [order[place] for place in np.sort(kept)]
        sampled = Sampled(what="images decoded", rows=most, of=len(raw))
    rank = np.full(len(raw) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    values = tuple(str(raw[code]) for code in order)
    with track(progress, "looking at images", len(values), "images") as advance:
        parts = []
        for part in _looked_at(values, dataset.media):
            parts.append(part)
            advance(len(part["ok"]))
    return Images(columns[0], rank[codes], values, sampled=sampled, **_joined(parts))


def _looked_at(values: Sequence[str], media: Media) -> Iterator[dict[str, Any]]:
    """Yield what chunks of images come to, in order; threads decode, as Pillow lets them run side by side."""
    chunks = [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]
    n_threads = max(1, min(8, len(chunks), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))
    with quiet(), ThreadPoolExecutor(n_threads, thread_name_prefix="images") as pool:
        waiting = iter(chunks)
        running = [pool.submit(_chunk, chunk, media) for chunk in islice(waiting, 2 * n_threads)]
        try:
            while running:
                yield running.pop(0).result()
                running += [pool.submit(_chunk, chunk, media) for chunk in islice(waiting, 1)]
        finally:
            for future in running:
                future.cancel()


def read_image(value: str, media: Media) -> Decoded:
    """Return what one image came to; nothing is raised. Call it inside `quiet`."""
    if value.startswith(ABSENT):
        return Decoded(problem="absent")
    try:
        data = media.read(value)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        return Decoded(problem="absent" if gone else "unreadable", detail=str(error.strerror or "")[:200])
    return decoded(data)


def _chunk(values: Sequence[str], media: Media) -> dict[str, Any]:
    each = [read_image(value, media) for value in values]
    n = len(each)
    luma, small = np.zeros((n, SIDE, SIDE), dtype=np.uint8), np.zeros((n, SMALL, SMALL, 3), dtype=np.uint8)
    for place, one in enumerate(each):
        if one.luma is not None and one.small is not None:
            luma[place], small[place] = one.luma, one.small
    ok = np.array([not one.problem for one in each], dtype=bool)
    return {**_told(each), **_measured(each, ok), **_summaries(luma, small, ok), "ok": ok}


def _told(each: Sequence[Decoded]) -> dict[str, Any]:
    exif = [one.exif for one in each]
    found: dict[str, Any] = {
        name: tuple(getattr(one, name) for one in each) for name in ("problem", "detail", "mode", "format", "comment")
    }
    found |= {name: tuple(one.get(name, "") for one in exif) for name in ("make", "model", "software", "taken")}
    found |= {
        name: np.array([getattr(one, name) for one in each], dtype=np.int64)
        for name in ("width", "height", "n_bytes", "bits", "n_frames")
    }
    found |= {
        name: np.array([getattr(one, name) for one in each], dtype=bool)
        for name in ("animated", "alpha", "progressive", "icc")
    }
    found["quality"] = np.array([one.quality for one in each], dtype=np.float64)
    found["orientation"] = np.array([one.get("orientation", 0) for one in exif], dtype=np.int64)
    found |= {name: np.array([one.get(name, False) for one in exif], dtype=bool) for name in ("exif", "gps")}
    return found


def _measured(each: Sequence[Decoded], ok: np.ndarray) -> dict[str, Any]:
    sharp, blocky = np.full(len(each), np.nan), np.full(len(each), np.nan)
    for place, one in enumerate(each):
        if ok[place] and one.centre is not None:
            sharp[place] = properties.sharpness(one.centre)
            blocky[place] = np.nan if one.scaled else properties.blockiness(one.centre)
    return {"sharpness": sharp, "blockiness": blocky}


def _summaries(luma: np.ndarray, small: np.ndarray, ok: np.ndarray) -> dict[str, Any]:
    n = len(luma)
    half = properties.halved(luma)
    bands = np.stack([half[:, :4], half[:, -4:], half[:, :, :4].swapaxes(1, 2), half[:, :, -4:].swapaxes(1, 2)], axis=1)
    cells, cells_std = properties.cells(half, _CELLS)
    flat, colours = half.reshape(n, -1), small.reshape(n, -1, 3).astype(np.float32)
    numbers = {
        "brightness": flat.mean(axis=1),
        "contrast": flat.std(axis=1),
        "colour_mean": colours.mean(axis=1),
        "saturation": properties.saturations(small),
        "entropy": properties.entropies(half),
        "dark": (flat < 8).mean(axis=1),
        "light": (flat > 247).mean(axis=1),
        "cells": cells,
        "cells_std": cells_std,
    }
    for values in numbers.values():
        values[~ok] = np.nan
    frequencies = properties.low_frequencies(properties.halved(half))
    return {name: values.astype(np.float32) for name, values in numbers.items()} | {
        "small": small,
        "border": np.round(bands.mean(axis=2)).astype(np.uint8),
        "hashes": properties.perceptual_hashes(frequencies),
    }


def _joined(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: np.concatenate([part[name] for part in parts])
        if isinstance(first, np.ndarray)
        else tuple(one for part in parts for one in part[name])
        for name, first in parts[0].items()
    }
