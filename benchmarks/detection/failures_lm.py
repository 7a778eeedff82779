"""The ways to fail on a small language model: whether the rules that hold on frequencies hold where training counts.

    nice python benchmarks/detection/failures_lm.py ONE.txt OTHER.txt [--store FOLDER] [--out docs/collapse-plan.md]

The two texts are the domains; they are laid behind each other in pieces, so that a document is of one of them.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from marked import rewrite, table

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.language.corpus import _WORD, corpus
from holdfast.collapse.learners.language.network import surprise
from holdfast.collapse.learners.torch_use import reproducible
from holdfast.collapse.learners.transformer import Pages, Settings, Transformer
from holdfast.collapse.profile import Generation, Real, profile, steps
from holdfast.collapse.regimes import Rule
from holdfast.core.random import Streams

STREAMS = Streams(45)
DOCUMENTS, LENGTH, TYPES, PIECE = 1024, 48, 2048, 4000


def laid_together(one, other, path):
    """Write the two texts piece by piece, as much of each, and return how often each word is in them."""
    texts = [path_.read_text("utf-8", "replace").split() for path_ in (one, other)]
    n = min(len(words) for words in texts) // PIECE * PIECE
    rows = []
    for start in range(0, n, PIECE):
        rows += [" ".join(words[start : start + PIECE]) for words in texts]
    path.write_text("\n".join(rows), "utf-8")


class Laboratory:
    """A learner, and luck by name."""

    def __init__(self, path, steps_):
        self.learner = Transformer(
            file=str(path), vocabulary=TYPES, length=LENGTH, layers=2, width=96, heads=4, steps=steps_, reference=1,
            batch=16, rate=3e-3,
        )  # fmt: skip
        self.truth = self.learner.truth(1, STREAMS("truth"))
        self.text = corpus(str(path), "words", TYPES, LENGTH)
        self.first = None

    def real(self, documents, *names):
        """Return documents of both texts."""
        return self.learner.draw(self.truth, Draw(documents), STREAMS("real", *names))

    def held_out(self, documents, *names):
        """Return documents that no model learns from."""
        text = self.text
        return Pages(text.documents(documents, LENGTH, STREAMS("held", *names), held_out=True)[None])

    def fit(self, batch, name, previous=None):
        """Return a model trained on a batch."""
        started = time.process_time()
        learner = self.learner.model_copy(update={"start": "warm"}) if previous is not None else self.learner
        model = learner.fit([Part(batch, 1.0)], STREAMS("fit", name), previous)
        print(f"{name}: {time.process_time() - started:.0f} CPU-s", flush=True)
        return model

    def write(self, model, name, rule=None):
        """Return what a model writes."""
        return self.learner.draw(model, Draw(DOCUMENTS, rule or Rule()), STREAMS("write", name))

    def surprise(self, model, batch):
        """Return how surprised a model is by each document."""
        with reproducible("a benchmark"):
            size = Settings(*model.settings[0]).size
            return surprise(size, model.weights[0], batch.tokens[0]).mean(axis=1)

    def seen(self, model, learnt, wrote, source):
        """Return a generation; `source` are new documents from where its training set came from."""
        held = self.held_out(256, "seen")
        self.first = model if self.first is None else self.first
        return Generation(
            counted(learnt), counted(wrote), self.surprise(model, learnt), self.surprise(model, source),
            self.surprise(model, held), self.surprise(self.first, held),
        )  # fmt: skip


def counted(batch):
    return np.bincount(batch.tokens[0].ravel(), minlength=TYPES)


def domains(laboratory, one, other):
    """Return the domain of each token, the text in which it is ten times as frequent, and its log ratio."""
    text = laboratory.text
    names = {name: i for i, name in enumerate(text.vocabulary)}
    counts = np.zeros((2, TYPES))
    for k, path in enumerate((one, other)):
        for word in _WORD.findall(path.read_text("utf-8", "replace")):
            i = names.get(word, names.get(word.lower()))
            if i is not None:
                counts[k, i] += 1
    share = (counts + 0.5) / counts.sum(axis=1, keepdims=True)
    tilt = np.log(share[1] / share[0])
    return np.where(np.abs(tilt) < np.log(10), -1, (tilt > 0).astype(int)), tilt


def scenes(laboratory, tilt):
    """Yield a name, the diagnosis that is right, and a generation."""
    fits = []
    for i in range(3):
        learnt = laboratory.real(DOCUMENTS, "learnt", i)
        fits.append((learnt, laboratory.fit(learnt, f"healthy {i}")))
    gaps = [
        float(laboratory.surprise(model, laboratory.held_out(256, "gap", i)).mean()
              - laboratory.surprise(model, learnt).mean())
        for i, (learnt, model) in enumerate(fits[:2])
    ]  # fmt: skip
    learnt, model = fits[2]
    wrote, source = laboratory.write(model, "healthy"), laboratory.held_out(256, "source")
    yield "healthy, first generation", "", laboratory.seen(model, learnt, wrote, source), gaps
    narrow = laboratory.write(model, "narrow", Rule(top_p=0.75))
    yield "mode collapse, top-p 0.75", "mode collapse", laboratory.seen(model, learnt, narrow, source), gaps
    cold = laboratory.write(model, "cold", Rule(temperature=0.7))
    yield "mode collapse, temperature 0.7", "mode collapse", laboratory.seen(model, learnt, cold, source), gaps
    few = laboratory.real(96, "few")
    over = laboratory.fit(few, "overfitting")
    wrote_over = laboratory.write(over, "overfitting")
    yield "overfitting, 96 documents", "overfitting", laboratory.seen(over, few, wrote_over, source), gaps
    many = laboratory.real(3 * DOCUMENTS, "many").tokens[0]
    one_sided = many[tilt[many].sum(axis=1) > 0][:DOCUMENTS]
    only = Pages(one_sided[None])
    forgot = laboratory.fit(only, "forgetting", model)
    held = laboratory.held_out(512, "source of one").tokens[0]
    held = Pages(held[tilt[held].sum(axis=1) > 0][None])
    wrote_only = laboratory.write(forgot, "forgetting")
    yield "forgetting, trained on one domain only", "forgetting", laboratory.seen(forgot, only, wrote_only, held), gaps
    chain = [(learnt, wrote)]
    now, before = wrote, model
    for t in range(2, 5):
        model = laboratory.fit(now, f"generation {t}")
        after = laboratory.write(model, f"generation {t}")
        chain.append((now, after))
        if t in {2, 4}:
            new = Pages(laboratory.write(before, f"source {t}").tokens[:, :256])
            yield f"collapse, generation {t}", "collapse", laboratory.seen(model, now, after, new), gaps
        now, before = after, model
    yield "chain", None, chain, gaps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--store", type=Path, default=Path("failures-lm"))
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    started = time.process_time()
    chosen.store.mkdir(parents=True, exist_ok=True)
    text = chosen.store / "together.txt"
    laid_together(chosen.one, chosen.other, text)
    laboratory = Laboratory(text, chosen.steps)
    domain, tilt = domains(laboratory, chosen.one, chosen.other)
    whole = np.bincount(laboratory.text.learn, minlength=TYPES).astype(float)

    def draw(size, rng):
        documents = laboratory.learner.draw(laboratory.truth, Draw(max(1, size // LENGTH)), rng)
        return counted(documents)

    real = Real(whole / whole.sum(), draw, domain)
    rows, chain = [], ""
    for title, wanted, seen, gaps in scenes(laboratory, tilt):
        if wanted is None:
            found = steps([counted(one) for one, _ in seen], [counted(one) for _, one in seen], real)
            chain = table(
                ["generation", "drawing", "model"],
                [[t, *(f"{one.change:+.3f}" for one in found if one.generation == t and one.kind != "data")]
                 for t in range(1, len(seen) + 1)],
            )  # fmt: skip
            continue
        found = profile(seen, real, healthy_gaps=gaps)
        names = ("gap", "inherited", "intrinsic", "domain", "rarity", "head", "diversity", "surprise")
        shown = [f"{found.ratios[name].value:.2f}" if name in found.ratios else "—" for name in names]
        limits = "; ".join(f"{name} {found.ratios[name].low:.3f}" for name in ("inherited", "intrinsic", "domain"))
        said = ", ".join(found.found) or "nothing"
        rows.append([title, *shown, said, found.stage or "—", "yes" if said == (wanted or "nothing") else "no", limits])
        print(*rows[-1], sep=" | ", flush=True)
    spent = time.process_time() - started
    weights = laboratory.truth.weights.shape[1]
    report = (
        f"Written by `benchmarks/detection/failures_lm.py`: a transformer of {weights:,} weights, {DOCUMENTS:,} "
        f"documents of {LENGTH} words, {chosen.steps} steps, two texts as domains; gaps of two other healthy models "
        f"{', '.join(f'{one:+.2f}' for one in gaps)}; {spent:,.0f} CPU seconds. A ratio speaks below its limit.\n\n"
        + table(["scene", *names, "verdicts", "stage", "right", "limits of chance"], rows)
        + "\n\nSteps of the chain, as changes of ln(covered tail):\n\n" + chain
    )  # fmt: skip
    print(report)
    if chosen.out:
        rewrite(chosen.out, "profile of a language model", report)


if __name__ == "__main__":
    main()
