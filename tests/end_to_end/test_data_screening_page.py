"""The page that tells of screening: its commands run on a corpus of the page's kind."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from holdfast.data.loading import load
from holdfast.data.store import Store

PAGE = (Path(__file__).parents[2] / "docs" / "data-screening.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
            for line in block.splitlines()]  # fmt: skip
WORDS = [f"{a}{b}{c}" for a in "bdfglmprst" for b in "aeiou" for c in ("n", "rk", "st", "ll")]


def text(rng, machine):
    weights = np.where(machine & (np.arange(len(WORDS)) % 4 == 0), 3.0, 1.0)
    return " ".join(rng.choice(WORDS, 60, p=weights / weights.sum()))


@pytest.fixture
def corpus(tmp_path):
    """Files and a store: 70 texts by people, 70 by a machine, and 60 of which a third is a machine's."""
    rng = np.random.default_rng(0)
    people, machine = ([text(rng, kind) for _ in range(70)] for kind in (False, True))
    asked = [text(rng, at % 3 == 0) for at in range(60)]
    (tmp_path / "people.txt").write_text("\n".join(people))
    lines = [json.dumps({"text": one, "_generator": "m-1"}) for one in machine]
    (tmp_path / "model.jsonl").write_text("\n".join(lines))
    rows = [json.dumps({"text": one, "source": "ab"[at % 2]}) for at, one in enumerate(asked)]
    (tmp_path / "new.jsonl").write_text("\n".join(rows))
    origins = ["human"] * 70 + ["synthetic"] * 70 + ["unknown"] * 60
    evidence = ["dated"] * 70 + ["declared"] * 70 + ["none"] * 60
    table = pa.table({"text": [*people, *machine, *asked], "_origin": origins, "_evidence": evidence})
    Store.create(tmp_path / "corpus").add(load({"all": table}), message="all")
    return tmp_path


def test_commands_of_the_page_run(holdfast, corpus):
    assert len(COMMANDS) == 2
    for command in COMMANDS:
        program, *arguments = shlex.split(command.removeprefix("$ "))
        assert program == "holdfast"
        done = holdfast(*arguments)
        assert done.returncode == 0, done.stderr
        said = " ".join(done.stdout.split())
        assert "of the texts are like the labelled machine texts" in said
        assert "no verdict" in said
        assert "This covers no generator that nobody labelled." in said
        assert "noticed at 50%" in said
        assert "machine-written" not in said
    attached = Store.open(corpus / "corpus").read()
    p = attached.numbers("_screen_p")
    assert np.isfinite(p).sum() == 60
    assert np.isfinite(attached.numbers("_screen_score")).sum() == 60
    assert np.isnan(p[np.asarray(attached.values("_origin")) != "unknown"]).all()


def test_mistakes_are_one_paragraph(holdfast, corpus):
    done = holdfast("data", "scan", "new.jsonl", "--known", "what=people.txt")
    assert done.returncode == 2
    assert "human=FILE" in done.stderr
    assert "Traceback" not in done.stderr
