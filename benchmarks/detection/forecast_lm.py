"""The first forecast about a real learner: generation 10 of a language model, predicted from one, then run.

    nice python benchmarks/detection/forecast_lm.py TEXT [--learner NAME] [--store FOLDER] [--out docs/collapse-plan.md]
    nice python benchmarks/detection/forecast_lm.py MNIST.idx --learner vae --documents 2000

What the first models learn from is drawn once. `--replicates` models are fitted on it with different luck, and each
writes as much as it learnt from. From their words the forecast for `--generations` is made and written to
`forecast.json` in the store, before any later generation is run. Then one of them goes on, each model learning from
what the one before wrote, and the miss is written beside the forecast. Every finished model's counts are kept, so that
the script can be started again. Of a learner of pictures the types are 200 clusters of real pictures.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from marked import rewrite, table

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.forecasting import forecast
from holdfast.collapse.forecasting.forecast import QUANTITIES
from holdfast.core.random import Streams

# About a million weights; 1,024 documents of 64 words are met 4.7 times in training.
TRANSFORMER = {
    "tokens": "words", "vocabulary": 2048, "length": 64, "layers": 4, "width": 128, "heads": 4, "steps": 300,
    "reference": 1, "batch": 16, "rate": 3e-3,
}  # fmt: skip
STREAMS = Streams(41)
CLUSTERS = 200


def counter(learner, truth, first):
    """Return what counts how often each type is in a batch of one replicate: tokens, counts, or kinds of pictures."""
    if hasattr(first, "pixels"):
        from sklearn.cluster import KMeans

        def flat(batch):
            return batch.pixels[0].reshape(batch.pixels.shape[1], -1) / 255.0

        base = flat(learner.draw(truth, Draw(8000), STREAMS("base")))
        clusters = KMeans(CLUSTERS, n_init=1, random_state=0, max_iter=30).fit(base)
        return lambda batch: np.bincount(clusters.predict(flat(batch)), minlength=CLUSTERS)
    if hasattr(first, "tokens"):
        types = max(int(first.tokens.max()) + 1, getattr(learner, "vocabulary", 0))
        return lambda batch: np.bincount(batch.tokens[0].ravel(), minlength=types)
    return lambda batch: batch.counts[0].ravel()


def made(name, text, options):
    given = {**(TRANSFORMER if name == "transformer" else {}), **options}
    if text is not None and "file" in catalogue.learners()[name].make.model_fields:
        given["file"] = str(text)
    return catalogue.learners()[name].make.model_validate(given)


class Chain:
    """Models that learn from each other; each batch is kept in the store, and read from there if it is there."""

    def __init__(self, learner, size, store):
        self.learner, self.size, self.store = learner, size, store
        store.mkdir(parents=True, exist_ok=True)
        self.truth = learner.truth(1, STREAMS("truth"))
        self.spent = {}

    def begin(self):
        """Return what the models of generation 1 learn from."""
        return self._kept("learnt", lambda: self.learner.draw(self.truth, Draw(self.size), STREAMS("learnt")))

    def after(self, batch, name):
        """Return what a model writes that learnt from a batch; all its luck is named after `name`."""

        def write():
            model = self.learner.fit([Part(batch, 1.0)], STREAMS(name, "fit"), None)
            return self.learner.draw(model, Draw(self.size), STREAMS(name, "draw"))

        return self._kept(name, write)

    def _kept(self, name, make):
        path, clock = self.store / f"{name}.npz", self.store / "seconds.json"
        spent = json.loads(clock.read_text()) if clock.exists() else {}
        kind = type(self.learner.draw(self.truth, Draw(2), STREAMS("kind")))
        if path.exists():
            with np.load(path) as kept:
                return kind(**{key: kept[key] for key in kept.files})
        started = time.process_time()
        batch = make()
        spent[name] = time.process_time() - started
        np.savez(path, **batch._asdict())
        clock.write_text(json.dumps(spent))
        print(f"{name}: {spent[name]:.0f} CPU-s", flush=True)
        return batch


def foretold(found):
    return {
        "generations": list(found.at), "effective_size": vars_of(found.size), "nominal": found.nominal,
        "extra": found.scatter.extra, "bend": found.scatter.bend,
        "sharpening": vars_of(found.power), "used_sharpening": found.used_power, "notes": list(found.notes),
        "lines": {one.name: {"value": one.value.tolist(), "low": one.low.tolist(), "high": one.high.tolist(),
                             "seen": list(one.now)} for one in found.lines},
    }  # fmt: skip


def vars_of(one):
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("text", type=Path, nargs="?")
    parser.add_argument("--learner", default="transformer")
    parser.add_argument("--options", type=json.loads, default={}, help="options of the learner, as JSON")
    parser.add_argument("--documents", type=int, default=1024)
    parser.add_argument("--replicates", type=int, default=8)
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--store", type=Path, default=Path("forecast-lm"))
    parser.add_argument("--chains", type=int, default=1, help="replicates that go on to the last generation")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    learner = made(chosen.learner, chosen.text, chosen.options)
    chain = Chain(learner, chosen.documents, chosen.store)
    first = chain.begin()
    counted = counter(learner, chain.truth, first)
    written = [chain.after(first, f"1-{i}") for i in range(chosen.replicates)]
    start = counted(first)
    replicates = np.stack([counted(one) for one in written], axis=1)
    note = chosen.store / "forecast.json"
    if note.exists():
        told = json.loads(note.read_text())
    else:
        told = foretold(forecast(start, replicates, list(range(1, chosen.generations + 1))))
        told["made"] = time.strftime("%Y-%m-%d %H:%M:%S")
        note.write_text(json.dumps(told, indent=1))
    print(json.dumps({key: told[key] for key in ("effective_size", "nominal", "sharpening", "notes")}), flush=True)
    seen = []
    for which in range(chosen.chains):
        batch, line = written[which], [counted(first), counted(written[which])]
        for t in range(2, chosen.generations + 1):
            batch = chain.after(batch, f"{t}-{which}")
            line.append(counted(batch))
        seen.append(line)
    report(told, seen, start, chosen)


def report(told, seen, start, chosen):
    """Print, and write to a page, each forecast beside what was seen; the store may hold revised ones."""
    forecasts = {"first": told}
    for path in sorted(chosen.store.glob("forecast-*.json")):
        forecasts[f"revised ({path.stem})"] = json.loads(path.read_text())
    rows = []
    for name, (title, take) in QUANTITIES.items():
        for t in sorted({1, 2, 5, chosen.generations}):
            actual = [float(take(np.where(start > 0, one[t], 0)[None, :], start)[0]) for one in seen]
            mean = float(np.mean(actual))
            cells = []
            for one in forecasts.values():
                value, low, high = (one["lines"][name][key][t] for key in ("value", "low", "high"))
                inside = "in" if low <= mean <= high else "out"
                cells += [f"{value:.4g} ({low:.4g} to {high:.4g})", f"{value / mean - 1:+.1%}, {inside}"]
            beginning = f"{told['lines'][name]['seen'][0]:.4g}"
            rows.append([title, t, beginning, *cells, " and ".join(f"{one:.4g}" for one in actual)])
    spent = json.loads((chosen.store / "seconds.json").read_text())
    what = "pictures" if "side" in catalogue.learners()[chosen.learner].make.model_fields else "documents"
    text = (
        f"Written by `benchmarks/detection/forecast_lm.py` (learner {chosen.learner}, {chosen.documents:,} {what} a "
        f"generation, {chosen.replicates} replicates of generation 1; {sum(spent.values()):,.0f} CPU seconds).\n\n"
        + "\n".join(_estimates(name, one) for name, one in forecasts.items())
        + "\n\n"
        + table(
            ["quantity", "generation", "at the beginning",
             *(cell for name in forecasts for cell in (f"{name} forecast (90% band)", "miss, band")), "seen"], rows,
        )
    )  # fmt: skip
    print(text)
    if chosen.out:
        rewrite(chosen.out, f"forecast-{chosen.learner}", text)


def _estimates(name, one):
    size, power = one["effective_size"], one["sharpening"]
    told = [
        f"- {name}, made {one['made']}: effective size {size['value']:,.0f}",
        f"({size['low']:,.0f} to {size['high']:,.0f})",
        f"of {one['nominal']:,.0f} items; sharpening {power['value']:.4f} ({power['low']:.4f} to {power['high']:.4f}),",
        f"taken to be {one['used_sharpening']:.4f}",
    ]
    return " ".join(told)


if __name__ == "__main__":
    main()
