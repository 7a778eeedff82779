"""What a picture's file says of its own origin: one claim from all its tags."""

from dataclasses import dataclass
from typing import Literal

from holdfast.core.text import one_line
from holdfast.data.origin import Evidence, Origin
from holdfast.data.screening.tags import exif, manifests, xmp
from holdfast.data.screening.tags.container import Parts, parts_of
from holdfast.data.screening.tags.generators import SOURCE_TYPES, from_texts, named, own
from holdfast.data.screening.tags.manifests import Manifest

Signature = Literal["", "unchecked", "trusted", "valid", "invalid"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says: `why` names the field; `against` another field that says the opposite."""

    origin: Origin = "unknown"
    evidence: Evidence = "none"
    generator: str = ""
    why: str = ""
    against: str = ""
    signature: Signature = ""
    signer: str = ""
    fault: str = ""


def claim_of(data: bytes | memoryview, *, trust: str = "", check: bool = True) -> Claim:
    """Return what the bytes of a picture's file say. Nothing is raised, whatever they are.

    Signatures are checked where the library is installed and `check` is set. A claim that something is synthetic
    outweighs one that a person made it: tags of a camera stay behind when a picture is made over.
    """
    parts = parts_of(data)
    manifest = _manifest(parts, data, trust, check=check)
    said = [*_of_manifest(manifest), *_of_tags(parts)]
    state = manifest.state if manifest else ""
    signer, fault = (manifest.signer, manifest.detail) if manifest else ("", "")
    if not said:
        return Claim(signature=state, signer=signer, fault=fault)
    signed = [one for one in said if one.evidence == "signed"]
    best = next((one for one in signed or said if one.origin == "synthetic"), (signed or said)[0])
    other = next((one.why for one in said if one.origin != best.origin), "")
    generator = best.generator or next((one.generator for one in said if one.generator), "")
    generator = generator if best.origin == "synthetic" else ""
    return Claim(best.origin, best.evidence, one_line(generator, 200), best.why, other, state, signer, fault)


def _manifest(parts: Parts, data: bytes | memoryview, trust: str, *, check: bool) -> Manifest | None:
    if not parts.manifest:
        return None
    if not check or not manifests.available():
        return manifests.unchecked(parts.manifest, "" if not check else "c2pa-python is not installed")
    return manifests.checked(bytes(data), parts.format, trust)


def _of_manifest(manifest: Manifest | None) -> list[Claim]:
    """Return what a manifest claims; one whose signature fails claims nothing."""
    if manifest is None or manifest.state == "invalid":
        return []
    evidence: Evidence = "signed" if manifest.state == "trusted" else "declared"
    kinds = [kind for kind in manifest.source_types if kind in SOURCE_TYPES]
    return [Claim(SOURCE_TYPES[kind], evidence, manifest.generator, f"C2PA manifest: {kind}") for kind in kinds]


def _of_tags(parts: Parts) -> list[Claim]:
    fields = exif.fields(parts.exif)
    texts = [*parts.texts, *fields.items()]
    tool = xmp.tool(parts.xmp)
    found = []
    if (ours := own(texts)) is not None:
        found.append(Claim(ours[0], "declared", ours[1], "Holdfast's own tag"))
    kind = xmp.source_type(parts.xmp)
    if kind in SOURCE_TYPES:
        generator = xmp.generator(parts.xmp) or named(tool)
        found.append(Claim(SOURCE_TYPES[kind], "declared", generator, f"XMP DigitalSourceType: {kind}"))
    generator, why = from_texts([*texts, ("CreatorTool", tool)])
    if generator:
        found.append(Claim("synthetic", "declared", generator, one_line(why, 120)))
    return found
