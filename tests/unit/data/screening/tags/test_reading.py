"""What files say of themselves is read, and what they do not say is not made up."""

import io
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from holdfast.data.screening.tags import exif
from holdfast.data.screening.tags.container import MOST_TEXT, PNG_START, parts_of
from holdfast.data.screening.tags.reading import Claim, claim_of
from holdfast.data.screening.tags.xmp import source_type, tool

sys.path.insert(0, str(Path(__file__).parent))
from pictures import FORMS, picture

NOTHING = Claim()
PARAMETERS = "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Model: dreamshaper_8"
WORKFLOW = '{"4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl_base_1.0.safetensors"}}}'
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {}'
    "</rdf:RDF></x:xmpmeta>"
)
BODIES = (
    'Iptc4xmpExt:DigitalSourceType="{}"/>',
    "><Iptc4xmpExt:DigitalSourceType>{}</Iptc4xmpExt:DigitalSourceType></rdf:Description>",
    "><Iptc4xmpExt:DigitalSourceType rdf:resource='{}'/></rdf:Description>",
)
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def png(texts=(), **options):
    info = PngInfo()
    for key, text, *kind in texts:
        if "itxt" in kind:
            info.add_itxt(key, text, zip="zip" in kind)
        else:
            info.add_text(key, text, zip="zip" in kind)
    return picture("PNG", pnginfo=info, **options)


@pytest.mark.parametrize(
    ("texts", "generator"),
    [
        ([("parameters", PARAMETERS)], "Stable Diffusion: dreamshaper_8"),
        ([("parameters", PARAMETERS, "zip")], "Stable Diffusion: dreamshaper_8"),
        ([("parameters", "é " + PARAMETERS, "itxt", "zip")], "Stable Diffusion: dreamshaper_8"),
        ([("prompt", WORKFLOW)], "ComfyUI: sd_xl_base_1.0.safetensors"),
        ([("workflow", '{"nodes": []}')], "ComfyUI"),
        ([("Software", "NovelAI")], "NovelAI"),
        ([("invokeai_metadata", "{}")], "InvokeAI"),
        ([("Description", "a cat Job ID: 01234567-89ab-cdef-0123-456789abcdef")], "Midjourney"),
    ],
)
def test_generators_are_known_by_what_they_leave(texts, generator):
    claim = claim_of(png(texts))
    assert (claim.origin, claim.evidence, claim.generator) == ("synthetic", "declared", generator)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [("Software", "Adobe Photoshop 26.1")],
        [("Software", "GIMP 3.0")],
        [("parameters", "exposure 1/200, gain 3")],
        [("prompt", "write a poem")],
        [("Comment", "una imagen de Sora, la perra")],
        [("Title", "Midjourney: a film")],
        [("holdfast", '{"holdfast": {"origin": "nobody"}}')],
        [("holdfast", '{"holdfast"' + "[" * 3000)],
    ],
)
def test_other_texts_say_nothing(texts):
    assert claim_of(png(texts)) == NOTHING


@pytest.mark.parametrize(("kind", "origin"), [
    ("trainedAlgorithmicMedia", "synthetic"), ("compositeWithTrainedAlgorithmicMedia", "synthetic"),
    ("digitalCapture", "human"), ("virtualRecording", "unknown"), ("nonsense", "unknown"),
])  # fmt: skip
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("body", BODIES)
def test_source_types_in_all_forms_of_xmp(form, body, kind, origin):
    packet = XMP.format(body.format(SOURCE + kind))
    data = png([("XML:com.adobe.xmp", packet, "itxt")]) if form == "PNG" else picture(form, xmp=packet.encode())
    assert claim_of(data).origin == origin
    assert source_type(packet) == kind


def test_camera_and_generator_contradict_each_other():
    packet = XMP.format(f'Iptc4xmpExt:DigitalSourceType="{SOURCE}digitalCapture"/>')
    claim = claim_of(png([("XML:com.adobe.xmp", packet, "itxt"), ("parameters", PARAMETERS)]))
    assert claim.origin == "synthetic"
    assert "digitalCapture" in claim.against


@pytest.mark.parametrize("code", [b"UNICODE\0", b"ASCII\0\0\0", b"\0" * 8])
@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_parameters_in_a_user_comment(form, code):
    tags = Image.Exif()
    body = PARAMETERS.encode("utf-16-be" if code.startswith(b"U") else "utf-8")
    tags.get_ifd(0x8769)[0x9286] = code + body
    assert claim_of(picture(form, exif=tags)).generator == "Stable Diffusion: dreamshaper_8"


def test_exif_is_read_and_written():
    fields = exif.fields(exif.made("abc", "a comment"))
    assert fields == {"Software": "abc", "UserComment": "a comment"}
    tags = Image.Exif()
    tags.load(exif.made("a longer name", "x"))
    assert tags[0x0131] == "a longer name"


def test_a_bomb_is_not_unpacked():
    packed = zlib.compress(b"A" * 100_000_000, 1)
    for kind, body in ((b"zTXt", b"parameters\0\0" + packed), (b"iTXt", b"parameters\0\1\0\0\0" + packed)):
        chunk = len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        data = PNG_START + picture()[8:33] + chunk + picture()[33:]
        started = time.process_time()
        ((_, text),) = parts_of(data).texts
        assert len(text) <= MOST_TEXT
        assert claim_of(data) == NOTHING
        assert time.process_time() - started < 1


def test_entities_are_not_expanded():
    lol = '<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x CreatorTool="&b;" DigitalSourceType="&b;"/>'
    assert source_type(lol) == "&b;"
    assert tool(lol) == "&b;"


@pytest.mark.parametrize("text", [
    "DigitalSourceType" + " " * 500_000, "DigitalSourceType " * 50_000, "CreatorTool=" * 80_000, "<" * 900_000,
])  # fmt: skip
def test_patterns_do_not_go_back_and_forth(text):
    started = time.process_time()
    source_type(text), tool(text)
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_plain_pictures_say_nothing(form):
    assert claim_of(picture(form[0], **form[1])) == NOTHING


@settings(max_examples=60)
@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 400), st.binary(max_size=40), st.booleans())
def test_damaged_files_raise_nothing(form, at, garbage, cut):
    tags = Image.Exif()
    tags[0x0131] = "x" * 30
    data = bytearray(picture(form, exif=tags, size=(9, 9)))
    data[at : at + len(garbage)] = garbage
    claim_of(bytes(data[: at + 60] if cut else data), check=False)


HEADS = [b"", PNG_START, b"\xff\xd8\xff\xe1", b"RIFF\0\0\0\0WEBP", b"II*\0", b"\0\0\0\x20ftypavif",
         b"\xff\xd8\xff\xeb\0\x40JP\0\1\0\0\0\1"]  # fmt: skip


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(HEADS))
def test_any_bytes_raise_nothing(tail, head):
    claim_of(head + tail, check=False)
    exif.fields(head + tail)


def test_pixels_are_never_decoded():
    """A file whose header promises a giant picture is read as quickly as any other."""
    data = bytearray(picture())
    data[16:24] = (1 << 30).to_bytes(4) * 2
    assert claim_of(bytes(data)) == NOTHING


def test_manifests_of_other_containers_are_seen():
    box = (60).to_bytes(4) + b"jumb" + b"\0\0\0\x1ejumdc2pa" + b"\0" * 44
    uuid = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
    data = (20).to_bytes(4) + b"ftypavif" + b"\0" * 8 + (24 + len(box)).to_bytes(4) + b"uuid" + uuid + box
    assert claim_of(data, check=False).signature == "unchecked"
    assert claim_of(io.BytesIO(data).getvalue()[:20], check=False).signature == ""
