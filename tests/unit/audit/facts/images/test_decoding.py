import io
import struct
from zlib import crc32

import numpy as np
import pytest
from PIL import Image

from holdfast.audit.cases.images import drawing, encoded
from holdfast.audit.facts.images.container import jpeg_quality
from holdfast.audit.facts.images.decoding import decoded, quiet

PICTURE = drawing(np.random.default_rng(0), 90, 120)


def looked_at(data):
    with quiet():
        return decoded(data)


def header_changed(png, width, height):
    data = bytearray(png)
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", crc32(bytes(data[12:29])))
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"<html>", "no image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no image"),
        (encoded(PICTURE, "JPEG")[:1500], "truncated"),
        (encoded(PICTURE)[:1500], "truncated"),
        (header_changed(encoded(PICTURE), 60_000, 60_000), "giant"),
        (header_changed(encoded(PICTURE), 11_000, 10_000), "giant"),
    ],
)
def test_what_is_wrong_is_told(data, problem):
    result = looked_at(data)
    assert result.problem == problem
    assert result.luma is None


def test_the_size_of_a_giant_is_still_known():
    assert looked_at(header_changed(encoded(PICTURE), 11_000, 10_000)).width == 11_000


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "LAB", "F", "I;16"])
def test_every_mode_decodes(mode):
    image = Image.fromarray(PICTURE)
    if mode == "I;16":
        image = Image.fromarray(PICTURE[:, :, 0].astype(np.uint16) * 257)
    else:
        image = image.convert("L").convert(mode) if mode in {"F", "LA"} else image.convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "TIFF" if mode in {"CMYK", "YCbCr", "LAB", "F"} else "PNG")
    result = looked_at(buffer.getvalue())
    assert result.problem == ""
    assert result.small.shape == (32, 32, 3)
    assert result.luma.std() > 20  # the picture is still there


def test_twelve_bits_in_sixteen_are_not_black():
    data = encoded(PICTURE[:, :, 0].astype(np.uint16) * 16)
    result = looked_at(data)
    assert (result.bits, result.problem) == (16, "")
    assert abs(float(result.luma.mean()) - PICTURE[:, :, 0].mean()) < 3


def test_large_jpegs_are_decoded_at_less_than_full_size():
    result = looked_at(encoded(drawing(np.random.default_rng(1), 900, 1200), "JPEG"))
    assert (result.width, result.height, result.scaled) == (1200, 900, True)


def test_animation_palette_and_comment():
    frames = [Image.fromarray(PICTURE), Image.fromarray(PICTURE[::-1].copy())]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], comment=b"made by hand")
    result = looked_at(buffer.getvalue())
    assert (result.n_frames, result.animated, result.format, result.comment) == (2, True, "GIF", "made by hand")


def test_exif_is_read_and_damaged_exif_is_not_fatal():
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112], exif[0x0132] = "Maker", "Model 1", 6, "2020:01:02 03:04:05"
    exif.get_ifd(0x8825)[1] = "N"
    data = encoded(PICTURE, "JPEG", exif=exif)
    found = looked_at(data).exif
    assert (found["make"], found["model"], found["orientation"], found["gps"]) == ("Maker", "Model 1", 6, True)
    assert found["taken"] == "2020:01:02 03:04:05"
    at = data.index(b"Exif\0\0") + 12
    assert looked_at(data[:at] + b"\xff" * 40 + data[at + 40 :]).problem == ""


@pytest.mark.parametrize("quality", [25, 35, 50, 75, 90, 98])
def test_quality_is_read_from_the_table(quality):
    assert abs(looked_at(encoded(PICTURE, "JPEG", quality=quality)).quality - quality) <= 1


def test_no_table_no_quality():
    assert np.isnan(jpeg_quality(None))
    assert np.isnan(jpeg_quality({0: [1, 2]}))
    assert np.isnan(looked_at(encoded(PICTURE)).quality)
