"""C2PA manifests: that there is one is seen without a library; whether its signature holds needs one.

A signature says that whoever has the certificate made the claim. Anyone can make a certificate: only where it leads to
a certificate that the person trusts is the claim evidence of the kind `signed`; else it is as good as any other tag.
"""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.text import one_line
from holdfast.data.screening.tags.xmp import VOCABULARY

State = Literal["unchecked", "trusted", "valid", "invalid"]
_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "bmff": "image/avif"}
_NAMED = re.compile(rb"digitalsourcetype/([A-Za-z]{4,60})")
_MOST_BYTES = 200 << 20  # of a file that is given to the library
_MOST_JSON = 8 << 20
_MOST_PEM = 4 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest claims, and how far that can be believed. `source_types` are of its own actions, in order."""

    state: State
    source_types: tuple[str, ...] = ()
    generator: str = ""
    signer: str = ""
    detail: str = ""


def unchecked(store: bytes, why: str) -> Manifest:
    """Return what the bytes of a manifest name; nobody has looked whether its signature holds."""
    kinds = dict.fromkeys(found.decode() for found in _NAMED.findall(store))
    return Manifest("unchecked", tuple(kinds), detail=why)


def certificates(path: Path) -> str:
    """Return the certificates of a PEM file. Raises BadInput."""
    try:
        text = path.read_text("ascii") if path.stat().st_size <= _MOST_PEM else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read certificates from {path}: {getattr(error, 'strerror', None) or error}") from error
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise BadInput(f"{path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")
    return text


def available() -> bool:
    """Return whether the library is installed that checks signatures."""
    from importlib.util import find_spec

    return find_spec("c2pa") is not None


def checked(data: bytes, form: str, trust: str = "") -> Manifest:
    """Return what the manifest of a file claims after its signature was checked. Nothing is fetched from a network.

    `trust` holds certificates in PEM that are trusted to sign. Raises MissingExtra.
    """
    try:
        import c2pa
    except ImportError:
        raise MissingExtra.for_package("c2pa-python", "c2pa", "checking the signatures of manifests") from None
    if len(data) > _MOST_BYTES:
        return Manifest("unchecked", detail=f"the file has {len(data) >> 20:,} MiB")
    settings: dict[str, Any] = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True}}
    if trust:
        settings["trust"] = {"trust_anchors": trust}
    try:
        context = c2pa.Context(c2pa.Settings.from_dict(settings))
        with c2pa.Reader(_TYPES[form], io.BytesIO(data), context=context) as reader:
            told = reader.json()
        if len(told) > _MOST_JSON:
            return Manifest("invalid", detail="its claim is larger than any real one")
        return _read(json.loads(told))
    except (c2pa.C2paError, ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        return Manifest("invalid", detail=one_line(str(error) or type(error).__name__, 200))


def _read(told: dict[str, Any]) -> Manifest:
    states: dict[str, State] = {"Trusted": "trusted", "Valid": "valid"}
    state = states.get(str(told.get("validation_state")), "invalid")
    faults = [str(one.get("code")) for one in told.get("validation_status") or [] if isinstance(one, dict)]
    active = told["manifests"][told["active_manifest"]]
    kinds: list[str] = []
    agents: list[str] = []
    for action in _actions(active):
        if isinstance(kind := action.get("digitalSourceType"), str):
            kinds.append(kind.removeprefix(VOCABULARY).rpartition("/")[2][:80])
        agent = action.get("softwareAgent")
        agent = agent.get("name") if isinstance(agent, dict) else agent
        if isinstance(agent, str):
            agents.append(agent)
    signed = active.get("signature_info") or {}
    return Manifest(
        state,
        tuple(dict.fromkeys(kinds)),
        one_line(agents[0] if agents else _program(active), 120),
        one_line(str(signed.get("issuer") or signed.get("common_name") or ""), 120),
        one_line(", ".join(fault for fault in faults if fault != "signingCredential.untrusted"), 200),
    )


def _actions(active: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in active.get("assertions") or []:
        if str(one.get("label", "")).startswith("c2pa.actions"):
            yield from (action for action in one["data"].get("actions") or [] if isinstance(action, dict))


def _program(active: dict[str, Any]) -> str:
    info = active.get("claim_generator_info") or []
    name = info[0].get("name") if info and isinstance(info[0], dict) else None
    return str(name or active.get("claim_generator") or "")
