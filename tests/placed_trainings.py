"""Whole fine-tunings of small models that between them use every part that computes: one for each task, and more."""

import json
from pathlib import Path

import small_detectors
import small_models

QUICK = {"sensitivity": {"off": True}, "scratch": {"off": True}, "need": {"off": True}}
ANSWERS = {"good": "warm", "bad": "cold"}
FEW = {"epochs": 1, "evaluations": 2, "stop": "never"}
ALLOWED = ("split-overlap", "near-split-overlap")


def materials(folder):
    """Write models and data; return the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    small_models.encoder(folder / "encoder")
    small_models.decoder(folder / "decoder")
    small_models.vision(folder / "vit", classes=("lying", "standing"))
    small_models.nets(folder)
    for kind in ("yolos", "rt_detr"):
        small_detectors.detector(folder / kind, kind)
    small_models.write_texts(folder / "texts.csv", 160, seed=1)
    small_models.write_texts(folder / "before.csv", 120, seed=2, marks=("warm", "cold"))
    small_models.write_texts(folder / "unlabelled.csv", 60, seed=3)
    rows = small_models.texts(160, seed=4)
    for name, made in {
        "pairs": [{"prompt": text, "completion": " " + ANSWERS[mark]} for text, mark in rows],
        "texts": [{"text": text} for text, _ in rows],
    }.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in made))
    small_models.pictures(folder / "bars", 120, seed=1)
    small_models.pictures(folder / "earlier", 80, seed=2, classes=("lying", "standing"))
    small_detectors.draw_set(folder / "shapes", {"train": 20, "val": 8, "test": 10}, side=32)
    return folder


def recipes(place):
    """Return recipes by name, each with what its model predicts on: (recipe fields, data, options of predict)."""

    def said(model, data, **more):
        own = model if ":" in model else str(place / model)
        return {"model": own, "data": str(place / data), "rate": 0.003, "allow": ALLOWED, **FEW, **more}

    texts, pairs = str(place / "texts.csv"), str(place / "pairs.jsonl")
    before, kept = str(place / "before.csv"), ("replay", "kl", "l2sp", "ewc", "oversample", "fgm")
    boxes = {"keep": (), "rate": 0.002, "epochs": 2, "batch": 10, "options": {**QUICK, "detect-objects": {"size": 32}}}
    return {
        "texts": (said("encoder", "texts.csv", label="label", micro=8, rate=0.005, epochs=2), texts, {}),
        "kept": (
            said("encoder", "texts.csv", label="label", original=before, adapt="gradual",
                 keep=(*kept, "pseudo-labels"), options={**QUICK, "ewc": {"examples": 32},
                 "pseudo-labels": {"data": str(place / "unlabelled.csv"), "sure": 0.5}}), texts, {}),
        "lora": (said("encoder", "texts.csv", label="label", adapt="lora", original=before, rate=0.01,
                      keep=(), options=QUICK), texts, {}),
        "search": (said("encoder", "texts.csv", label="label", keep=(), options=QUICK,
                        search={"trials": 2, "rate": "range-test", "batch": [8, 16]}), texts, {}),
        "language": (
            said("decoder", "pairs.jsonl", keep=("self-replay", "kl"),
                 options={**QUICK, "self-replay": {"texts": 8, "length": 8}}), pairs, {"tokens": 4, "temperature": 0.8,
                                                                                      "top_p": 0.9}),
        "packed": (said("decoder", "texts.jsonl", adapt="lora", options={**QUICK, "generate-text": {
            "packing": True, "length": 32}, "lora": {"dropout": 0.1}}), str(place / "texts.jsonl"), {"tokens": 3}),
        "pictures": (
            said("vit", "bars", original=str(place / "earlier"), keep=("replay", "pgd"),
                 options={"need": {"off": True}, "classify-image": {"shift": 1}, "pgd": {"radius": 0.001}}),
            str(place / "bars"), {}),
        "factory": (said(f"{place / 'nets.py'}:plain", "bars", keep=(), options=QUICK), str(place / "bars"), {}),
        "yolos": (said("yolos", "shapes/data.yaml", original=str(place / "shapes" / "data.yaml"), **boxes),
                  str(place / "shapes" / "images" / "test"), {"least": 0.05}),
        "rt_detr": (said("rt_detr", "shapes/data.yaml", **boxes), str(place / "shapes" / "images" / "test"),
                    {"least": 0.05}),
    }  # fmt: skip


def looks(run, folder):
    """Return the losses and scores that a run saw, by name, as (a list of) numbers, and its tuned weights."""
    from safetensors.torch import load_file

    found = {
        f"{section.title}: {one.name}": list(one.y)
        for section in run.sections for one in section.evidence if one.kind == "series"
    }  # fmt: skip
    return found, load_file(folder / "model" / "model.safetensors")
