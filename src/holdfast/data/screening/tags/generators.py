"""Generators by the traces that they leave in metadata, and what each IPTC source type says about origin."""

import json
import re
from collections.abc import Iterable, Mapping

from holdfast.data.origin import Origin

# IPTC NewsCodes, Digital Source Type (2025-05); what is neither here nor there is left out, and so stays unknown.
SOURCE_TYPES: Mapping[str, Origin] = {
    "trainedAlgorithmicMedia": "synthetic",
    "compositeWithTrainedAlgorithmicMedia": "synthetic",
    "compositeSynthetic": "synthetic",
    "algorithmicMedia": "synthetic",
    "trainedAlgorithmicData": "synthetic",
    "digitalCapture": "human",
    "computationalCapture": "human",
    "negativeFilm": "human",
    "positiveFilm": "human",
    "print": "human",
    "humanEdits": "human",
    "minorHumanEdits": "human",
    "compositeCapture": "human",
    "digitalCreation": "human",
    "digitalArt": "human",
    "softwareImage": "human",
}

# Names that image generators write into Software, CreatorTool, Credit or a comment. Editors are not here: a
# picture that was opened in one says nothing. Words that are also names or plain words (Sora, imagen) need their maker.
_NAMED = re.compile(
    r"\b(stable ?diffusion[^,;\n]{0,40}|sdxl[^,;\n]{0,20}|midjourney[^,;\n]{0,20}|dall[·\-. ]?e[ -]?[23]|dall·e|"
    r"adobe firefly|novelai[^,;\n]{0,30}|invokeai[^,;\n]{0,20}|comfyui|automatic1111|fooocus[^,;\n]{0,20}|"
    r"google imagen|imagen [0-9]|made with google ai|bing image creator|flux\.1[^,;\n]{0,20}|leonardo\.ai|"
    r"ideogram[. ]ai|playground ?ai|gpt-image-[0-9.]+|openai sora|runwayml|dreamstudio|swarmui|easy diffusion|"
    r"draw things|grok imagine)\b",
    re.IGNORECASE,
)
_MODEL = re.compile(r"\bModel: ([^,\n]{1,120})")
_CHECKPOINT = re.compile(r'"(?:ckpt_name|unet_name|model_name)"\s{0,9}:\s{0,9}"([^"\\]{1,160})"')
_JOB = re.compile(r"\bJob ID: [0-9a-f-]{36}")
_OTHER_KEYS = {
    "invokeai_metadata": "InvokeAI", "invokeai_graph": "InvokeAI", "dream": "InvokeAI", "sd-metadata": "InvokeAI",
    "fooocus_scheme": "Fooocus", "generation_data": "TensorArt", "sui_image_params": "SwarmUI",
}  # fmt: skip


def from_texts(texts: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return (generator, which field says so) from named texts of a file; empty where none does.

    Known: the parameters of Stable Diffusion web UIs, workflows of ComfyUI, the fields of InvokeAI, Fooocus, SwarmUI,
    NovelAI, and names in fields for software, tool, credit and comment.
    """
    texts = list(texts)
    for key, text in texts:
        if key.lower() in {"parameters", "usercomment"} and _is_parameters(text):
            return _joined("Stable Diffusion", _MODEL.search(text)), f"{key}: generation parameters"
        if key.lower() in {"prompt", "workflow"} and ("class_type" in text or '"nodes"' in text):
            return _joined("ComfyUI", _CHECKPOINT.search(text)), f"{key}: a workflow"
        if key.lower() in _OTHER_KEYS:
            return _OTHER_KEYS[key.lower()], f"{key}: generation data"
        if key.lower() in {"comment", "description", "imagedescription"} and _JOB.search(text):
            return "Midjourney", f"{key}: a job number"
    for key, text in texts:
        if key.lower() in {"software", "creatortool", "source", "comment", "credit", "imagedescription", "usercomment"}:
            if found := _NAMED.search(text[:2000]):
                return found[0].strip(), f"{key}: {found[0].strip()}"
            if key.lower() in {"comment", "description", "imagedescription"} and re.search(
                r"\bJob ID: [0-9a-f-]{36}", text
            ):
                return "Midjourney", f"{key}: a job number"
    return "", ""


def named(text: str) -> str:
    """Return the image generator that a text names; empty where it names none."""
    found = _NAMED.search(text[:2000])
    return found[0].strip() if found else ""


def own(texts: Iterable[tuple[str, str]]) -> tuple[Origin, str] | None:
    """Return origin and generator that Holdfast wrote into a file itself."""
    for key, text in texts:
        if key in {"holdfast", "UserComment"} and text.startswith('{"holdfast"') and len(text) < 4000:
            try:
                said = json.loads(text)["holdfast"]
                origin, generator = said["origin"], str(said.get("generator") or "")
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            if origin in {"human", "synthetic"}:
                return origin, generator[:200]
    return None


def _is_parameters(text: str) -> bool:
    return bool(re.search(r"\bSteps: [0-9]{1,5}\b", text) and re.search(r"\b(?:Sampler|CFG scale|Seed): ", text))


def _joined(program: str, found: re.Match[str] | None) -> str:
    return f"{program}: {found[1].strip()}" if found else program
