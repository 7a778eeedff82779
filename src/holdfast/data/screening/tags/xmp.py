"""XMP: what a packet says about the source of a picture, found by bounded patterns; no XML is parsed or expanded."""

import html
import re

# Blanks are bounded everywhere: a packet of a million of them must not make a pattern go back and forth.
_SOURCE = re.compile(
    r"DigitalSourceType\s{0,20}(?:=\s{0,20}[\"']|>\s{0,20}|\s[^<>]{0,200}?resource\s{0,20}=\s{0,20}[\"'])"
    r"([^\"'<>\s]{1,200})",
    re.IGNORECASE,
)
_TOOL = re.compile(r"CreatorTool\s{0,20}(?:=\s{0,20}[\"']|>)([^\"'<>]{1,200})", re.IGNORECASE)
_CREDIT = re.compile(r"photoshop:Credit\s{0,20}(?:=\s{0,20}[\"']|>)([^\"'<>]{1,200})", re.IGNORECASE)
VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"  # IPTC NewsCodes, Digital Source Type
_GENERATOR = re.compile(r"holdfast:Generator=\"([^\"<>]{0,400})\"")
_NAMESPACE = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_END = "</rdf:RDF>"


def source_type(text: str) -> str:
    """Return the last part of the digital source type, such as `trainedAlgorithmicMedia`; empty where none is told."""
    found = _SOURCE.search(text)
    return html.unescape(found[1]).rstrip("/").rpartition("/")[2][:80] if found else ""


def tool(text: str) -> str:
    """Return what made the file, as it says itself; a credit line where no tool is named."""
    found = _TOOL.search(text) or _CREDIT.search(text)
    return html.unescape(found[1]).strip() if found else ""


def packet_with(kind: str, generator: str, old: str = "") -> str | None:
    """Return a packet that tells a source type and a generator, in an old one where there is one.

    None where the old packet tells a source type already, or has no place for another.
    """
    said = (
        f'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{_NAMESPACE}" xmlns:holdfast="urn:holdfast:origin:1" '
        f'Iptc4xmpExt:DigitalSourceType="{VOCABULARY}{kind}" holdfast:Generator="{html.escape(generator)}"/>'
    )
    if old:
        place = old.rfind(_END)
        return None if source_type(old) or place < 0 else f"{old[:place]}{said}{old[place:]}"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{said}{_END}</x:xmpmeta>'
        '<?xpacket end="r"?>'
    )


def generator(text: str) -> str:
    """Return the generator that `packet_with` wrote."""
    found = _GENERATOR.search(text)
    return html.unescape(found[1]) if found else ""
