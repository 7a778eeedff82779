"""Tags are written into copies, pixels stay, and nothing is overwritten."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from holdfast.core.errors import BadInput
from holdfast.data.screening.tags.files import tag_files
from holdfast.data.screening.tags.reading import claim_of
from holdfast.data.screening.tags.writing import tagged

sys.path.insert(0, str(Path(__file__).parent))
from pictures import FORMS, picture, pixels

NAME = 'sd é & "x" <b> 1.0'


@pytest.mark.parametrize("camera", [False, True], ids=["plain", "camera"])
@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("origin", ["synthetic", "human"])
def test_what_is_written_is_read_and_pixels_stay(form, camera, origin):
    options = dict(form[1])
    if camera:
        options["exif"] = Image.Exif()
        options["exif"][0x010F] = "Canon"
    before = picture(form[0], **options)
    after = tagged(before, origin, NAME)
    assert np.array_equal(pixels(before), pixels(after))
    claim = claim_of(after)
    assert (claim.origin, claim.evidence) == (origin, "declared")
    assert claim.generator == (NAME if origin == "synthetic" else "")
    with Image.open(io.BytesIO(after)) as image:
        image.load()
        assert image.getexif().get(0x010F) == ("Canon" if camera else None)
        assert b"DigitalSourceType" in bytes(str(image.info.get("xmp")), "utf-8")


def test_an_old_packet_keeps_what_it_says():
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="urn:x" dc:title="mine"/></rdf:RDF></x:xmpmeta>'
    )
    after = tagged(picture("JPEG", xmp=packet.encode()), "synthetic", "m", "compositeWithTrainedAlgorithmicMedia")
    with Image.open(io.BytesIO(after)) as image:
        assert b'dc:title="mine"' in image.info["xmp"]
        assert image.info["xmp"].count(b"DigitalSourceType=") == 1
        assert b"compositeWithTrainedAlgorithmicMedia" in image.info["xmp"]


def test_what_is_said_already_is_not_said_again():
    with pytest.raises(BadInput, match="says already that it is trainedAlgorithmicMedia"):
        tagged(tagged(picture(), "synthetic"), "human")
    with pytest.raises(BadInput, match="PNG, JPEG and WebP"):
        tagged(b"GIF89a", "synthetic")


def test_a_folder_is_copied_with_tags(tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "a.png").write_bytes(picture())
    (source / "b.md").write_text("# Hello\n")
    (source / "c.md").write_text("---\ntitle: x\n---\nbody\n")
    (source / "d.jsonl").write_text('{"text": "é"}\n\n{"text": "b", "_origin": "unknown"}\n')
    (source / "e.exe").write_bytes(b"MZ")
    (source / "f.jpg").write_bytes(b"no picture")
    (source / "link.png").symlink_to("/etc/passwd")
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    done = tag_files(source, out, "synthetic", "m 1\n---")
    assert done.written == 4
    assert sum(n for _, n in done.left_out) == 2
    assert claim_of((out / "deep" / "a.png").read_bytes()).origin == "synthetic"
    assert (out / "b.md").read_text().endswith("---\n# Hello\n")
    assert (out / "c.md").read_text().endswith("title: x\n---\nbody\n")
    records = [json.loads(line) for line in (out / "d.jsonl").read_text().splitlines()]
    assert [record["_origin"] for record in records] == ["synthetic", "synthetic"]
    assert records[0]["text"] == "é"
    assert before == {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("place", "said"), [("in/inside", "lies inside"), ("full", "is there already"), ("in/a.png", "is there already")]
)
def test_nothing_is_overwritten(tmp_path, place, said):
    for name in ("in/a.png", "full/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(picture())
    with pytest.raises(BadInput, match=said):
        tag_files(tmp_path / "in", tmp_path / place, "synthetic")


def test_a_source_type_must_fit_the_origin(tmp_path):
    with pytest.raises(BadInput, match="does not say that something is human"):
        tag_files(tmp_path, tmp_path / "o", "human", kind="trainedAlgorithmicMedia")
    with pytest.raises(BadInput, match="there is no file or folder"):
        tag_files(tmp_path / "nowhere", tmp_path / "o", "human")
