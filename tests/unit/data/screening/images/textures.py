"""Pictures of textures, as a camera might take them and as an upsampling generator makes them."""

import hashlib
import io

import numpy as np
import pyarrow as pa
from PIL import Image

from holdfast.core.dataset import Column, Dataset
from holdfast.core.media import Media


def texture(rng, *, slope=1.2, upsampled=False, side=64, noise=6.0):
    """Return brightness with a spectrum of 1/f to some power and noise; upsampled from half its size, if wanted."""
    small = side // 2 if upsampled else side
    frequency = np.hypot(np.fft.fftfreq(small)[:, None], np.fft.fftfreq(small)) + 1 / small
    field = np.fft.ifft2(np.fft.fft2(rng.normal(size=(small, small))) / frequency**slope).real
    field = 128 + 40 * (field - field.mean()) / field.std() + rng.normal(scale=noise, size=field.shape)
    if upsampled:
        spread = np.zeros((side, side))
        spread[::2, ::2] = field
        for axis in (0, 1):  # a transposed convolution, as generators have them
            spread = spread + 0.5 * (np.roll(spread, 1, axis) + np.roll(spread, -1, axis))
        field = spread + rng.normal(scale=noise / 3, size=spread.shape)
    grey = np.clip(field, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def stored(pixels, form="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def dataset(pictures):
    """Return a data set of (bytes, origin)."""
    hashes = ["b2:" + hashlib.blake2b(data, digest_size=16).hexdigest() for data, _ in pictures]
    table = pa.table(
        {
            "image": pa.array(hashes, pa.large_string()),
            "_origin": pa.array([origin for _, origin in pictures], pa.large_string()),
        }
    )
    columns = (Column("image", "image"), Column("_origin", "category", "origin"))
    media = Media(dict(zip(hashes, (data for data, _ in pictures), strict=True)))
    return Dataset("textures", table, columns, media=media)
