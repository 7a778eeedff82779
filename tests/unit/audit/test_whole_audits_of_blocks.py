"""Whole audits of texts and images: an honest score, awkward content, nothing crashes."""

import numpy as np
import pytest

import holdfast
from holdfast.audit.cases import subject
from holdfast.audit.cases.images import encoded, picture_data
from holdfast.core.dataset import Dataset
from holdfast.core.record import Run, Status

N = 240
QUICK = {"seconds": 5, "resamples": 200}


def audited(dataset: Dataset, **wanted) -> Run:
    run = holdfast.audit(dataset, honest=QUICK, **wanted)
    assert [(result.check, result.reason) for result in run.results if result.status is Status.CRASHED] == []
    assert run.honest is not None
    assert "crashed" not in run.honest.reason
    return run


def split(n: int = N) -> list[str]:
    return ["train"] * (n * 3 // 4) + ["test"] * (n - n * 3 // 4)


def sentences(rng: np.random.Generator, n: int, words: int = 12) -> list[str]:
    vocabulary = np.array([f"word{number}" for number in range(400)])
    return [" ".join(rng.choice(vocabulary, size=words)) for _ in range(n)]


def test_copied_texts_are_a_step_of_the_honest_score() -> None:
    rng = np.random.default_rng(0)
    texts, y = sentences(rng, N), rng.choice(["no", "yes"], size=N)
    for row in range(N * 3 // 4, N * 3 // 4 + 30):  # half of the test rows are training rows
        texts[row], y[row] = texts[row - 150], y[row - 150]
    run = audited(subject({"text": texts, "y": y}, split=split()), metric="accuracy")
    assert run.honest.model == "a linear model of the words"
    step = next(step for step in run.honest.steps if step.name == "copied rows")
    assert step.alone.value < -0.1, "noise is learnt by heart, and that is taken away"
    assert run.honest.honest.value < run.honest.claimed.value


def test_copied_images_are_a_step_of_the_honest_score() -> None:
    rng = np.random.default_rng(0)
    files = [encoded(rng.integers(0, 255, size=(24, 24)).astype(np.uint8)) for _ in range(160)]
    y = rng.choice(["no", "yes"], size=160)
    for row in range(120, 140):
        files[row], y[row] = files[row - 100], y[row - 100]
    run = audited(picture_data(files, {"y": y}, split=split(160)), metric="accuracy")
    assert run.honest.model == "a linear model of the images"
    assert "copied rows" in {step.name for step in run.honest.steps}


RNG = np.random.default_rng(0)
LABEL = RNG.choice(["a", "b"], size=N)
AWKWARD = {
    "million characters": {"text": ["v w x y z " * 100_000] * 2 + sentences(RNG, N - 2), "y": LABEL},
    "code and escapes": {
        "text": [f"\x00\x1b[31m \u202e <script> alert( {i} ) </script>" for i in range(N)],
        "y": LABEL,
    },
    "no words": {"text": ["! ? ! ? ! ?" * (i % 9 + 1) + " ." * i for i in range(N)], "y": LABEL},
    "mostly missing": {"text": [None] * (N - 40) + sentences(RNG, 40), "y": LABEL},
    "one class": {"text": sentences(RNG, N), "y": ["a"] * N},
    "a quantity": {"text": sentences(RNG, N), "y": RNG.normal(size=N)},
    "many classes": {"text": sentences(RNG, N), "y": [f"class {i % 70}" for i in range(N)]},
    "a table beside": {
        "text": sentences(RNG, N),
        "n": RNG.normal(size=N),
        "c": RNG.choice(["u", "v"], size=N),
        "y": LABEL,
    },
    "two texts": {"premise": sentences(RNG, N), "hypothesis": sentences(RNG, N), "y": LABEL},
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_texts(name) -> None:
    audited(subject(AWKWARD[name], split=split()))


@pytest.mark.parametrize("files", [[b"no image"] * 60, [encoded(np.zeros((9, 9), np.uint8))] * 60, [None] * 59 + [b""]])
def test_awkward_images(files) -> None:
    audited(picture_data(files, {"y": RNG.choice(["a", "b"], size=60)}, split=split(60)))
