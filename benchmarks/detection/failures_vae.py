"""The profile on a variational autoencoder that learns from its own pictures; types are clusters of real pictures.

nice python benchmarks/detection/failures_vae.py [--out docs/collapse-plan.md]
"""

import argparse
import time
from pathlib import Path

import numpy as np
from marked import rewrite, table
from sklearn.cluster import KMeans

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.profile import Generation, Real, profile
from holdfast.collapse.regimes import Rule
from holdfast.core.random import Streams

STREAMS = Streams(46)
ITEMS, TYPES, TAIL = 2000, 200, 0.3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    started = time.process_time()
    learner = catalogue.learners()["vae"].make()
    truth = learner.truth(1, STREAMS("truth"))

    def draw(model, items, name, rule=None):
        return learner.draw(model, Draw(items, rule or Rule()), STREAMS(name))

    def flat(batch):
        return batch.pixels[0].reshape(batch.pixels.shape[1], -1) / 255.0

    clusters = KMeans(TYPES, n_init=1, random_state=0, max_iter=30).fit(flat(draw(truth, 8000, "base")))

    def counted(batch):
        return np.bincount(clusters.predict(flat(batch)), minlength=TYPES)

    share = counted(draw(truth, 30_000, "big")) / 30_000
    pool = clusters.predict(flat(draw(truth, 30_000, "pool")))
    real = Real(
        share, lambda size, rng: np.bincount(rng.choice(pool, size, replace=False), minlength=TYPES), tail_share=TAIL
    )
    rows = []

    def show(title, learnt, wrote):
        found = profile(Generation(counted(learnt), counted(wrote)), real, draws=100)
        names = ("inherited", "intrinsic", "rarity", "head", "diversity")
        cells = [f"{found.ratios[name].value:.2f}" if name in found.ratios else "—" for name in names]
        rows.append([title, *cells, ", ".join(found.found) or "nothing", found.stage or "—"])
        print(*rows[-1], sep=" | ", flush=True)

    learnt = draw(truth, ITEMS, "learnt")
    model = learner.fit([Part(learnt, 1.0)], STREAMS("fit", 1), None)
    wrote = draw(model, ITEMS, "1")
    show("first generation", learnt, wrote)
    show("first generation, temperature 0.3", learnt, draw(model, ITEMS, "cold", Rule(temperature=0.3)))
    for t in range(2, 6):
        model = learner.fit([Part(wrote, 1.0)], STREAMS("fit", t), None)
        after = draw(model, ITEMS, str(t))
        show(f"replaced, generation {t}", wrote, after)
        wrote = after
    text = (
        f"Written by `benchmarks/detection/failures_vae.py`: {ITEMS:,} pictures of shapes a generation, {TYPES} "
        f"clusters of real pictures as types, tail {TAIL:g}; {time.process_time() - started:.0f} CPU seconds.\n\n"
        + table(["scene", "inherited", "intrinsic", "rarity", "head", "diversity", "verdicts", "stage"], rows)
    )
    if chosen.out:
        rewrite(chosen.out, "profile of a VAE", text)


if __name__ == "__main__":
    main()
