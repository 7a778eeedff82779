"""The four ways to fail, and health, on frequencies of types in two domains: ratios, verdicts, and the step that loses.

nice python benchmarks/detection/failures.py [--runs 20] [--out docs/collapse-plan.md]
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
from marked import rewrite, table

from holdfast.collapse.profile import Generation, Real, profile, steps

R = np.random.default_rng(44)
TYPES, ITEMS = 2000, 12_000
PRIOR = 0.05  # added to each count where a model says how likely an item is


def world():
    """Return frequencies of types in two domains that are equally large, and the domain of each type."""
    share = np.repeat(np.arange(1, TYPES // 2 + 1.0) ** -1.0, 2)
    return share / share.sum(), np.tile([0, 1], TYPES // 2)


SHARE, DOMAIN = world()


def draw(share, size, top_p=1.0):
    return R.multinomial(size, truncated(share, top_p) * (1 - 1e-12))


def truncated(share, top_p):
    order = np.argsort(-share, kind="stable")
    kept = order[np.cumsum(share[order]) - share[order] < top_p]
    found = np.where(np.isin(np.arange(len(share)), kept), share, 0)
    return found / found.sum()


def surprise(counts, items):
    """Return −ln of each item's probability in a model that was fitted to counts."""
    logs = -np.log((counts + PRIOR) / (counts.sum() + PRIOR * len(counts)))
    return np.repeat(logs, items)


def seen(learnt, wrote, source):
    """Return a generation; `source` is what its training set was drawn from."""
    held, first, real = draw(source, ITEMS), draw(SHARE, ITEMS), draw(SHARE, ITEMS)
    return Generation(
        learnt, wrote, surprise(learnt, learnt), surprise(learnt, held), surprise(learnt, real), surprise(first, real)
    )


def healthy(items=ITEMS):
    learnt = draw(SHARE, items)
    return seen(learnt, draw(learnt / items, items), SHARE)


def collapse(generations=15, items=ITEMS):
    source, learnt = SHARE, draw(SHARE, items)
    for _ in range(generations):
        source = learnt / learnt.sum()
        learnt = draw(source, items)
    return seen(learnt, draw(learnt / items, items), source)


def mode_collapse():
    learnt = draw(SHARE, ITEMS)
    return seen(learnt, draw(learnt / ITEMS, ITEMS, top_p=0.75), SHARE)


def forgetting():
    only = np.where(DOMAIN == 1, SHARE, 0)
    learnt = draw(only / only.sum(), ITEMS)
    return seen(learnt, draw(learnt / ITEMS, ITEMS), only / only.sum())


def collapse_and_modes():
    source, learnt = SHARE, draw(SHARE, ITEMS)
    for _ in range(4):
        source = truncated(learnt / learnt.sum(), 0.97)
        learnt = draw(source, ITEMS)
    return seen(learnt, draw(learnt / ITEMS, ITEMS, top_p=0.8), source)


SCENES = (
    ("healthy, first generation", healthy, ""),
    ("collapse, replaced 2 times", lambda: collapse(2), "collapse"),
    ("collapse, replaced 15 times", collapse, "collapse"),
    ("collapse, replaced 200 times", lambda: collapse(200), "collapse"),
    ("overfitting, 1,500 items", lambda: healthy(1500), "overfitting"),
    ("mode collapse, top-p 0.75", mode_collapse, "mode collapse"),
    ("forgetting, one domain only", forgetting, "forgetting"),
    ("both: top-p 0.97 for 4 generations, then 0.8", collapse_and_modes, "collapse, mode collapse"),
)  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    started = time.process_time()
    real = Real.of_law(SHARE, DOMAIN)
    gaps = [float(one.surprise_source.mean() - one.surprise_learnt.mean()) for one in (healthy() for _ in range(8))]
    rows = []
    for title, make, wanted in SCENES:
        done = [profile(make(), real, healthy_gaps=gaps, seed=i, draws=100) for i in range(chosen.runs)]
        cells = [f"{np.mean([one.ratios[name].value for one in done]):+.2f}" for name in ("gap", "surprise")]
        ratios = [f"{np.mean([one.ratios[name].value for one in done]):.2f}"
                  for name in ("inherited", "intrinsic", "domain", "head", "diversity")]  # fmt: skip
        said = Counter(", ".join(one.found) or "nothing" for one in done)
        stage = Counter(one.stage for one in done if one.stage)
        right = said[wanted or "nothing"]
        verdicts = "; ".join(f"{name} {n}" for name, n in said.most_common())
        stages = "; ".join(f"{name} {n}" for name, n in stage.most_common()) or "—"
        rows.append([title, cells[0], *ratios, cells[1], verdicts, stages, f"{right}/{chosen.runs}"])
        print(*rows[-1], sep=" | ", flush=True)
    chain = telescoped(real)
    text = (
        f"Written by `benchmarks/detection/failures.py`: {chosen.runs} runs, {TYPES:,} types in two domains, {ITEMS:,} "
        "items a generation, tail = the rarest types that hold a fifth of the real items.\n\n"
        + table(["scene", "gap", "inherited", "intrinsic", "domain", "head", "diversity", "surprise", "verdicts",
                 "stage", "right"], rows)
        + "\n\nWhich step loses the tail, as the change of ln(covered tail) over five generations; the sums are exact:"
        "\n\n" + chain
    )  # fmt: skip
    print(chain, f"{time.process_time() - started:.0f} CPU-s", sep="\n")
    if chosen.out:
        rewrite(chosen.out, "profile", text)


def telescoped(real):
    rows = []
    for title, top_p, fresh in (
        ("plain", 1.0, 0),
        ("models with top-p 0.97", 0.97, 0),
        ("half of it new real", 1.0, 1),
    ):
        learnt, wrote = [draw(SHARE, ITEMS)], []
        for t in range(5):
            wrote.append(draw(learnt[-1] / ITEMS, ITEMS, top_p=top_p))
            if t < 4:
                half = draw(wrote[-1] / ITEMS, ITEMS // 2) + draw(SHARE, ITEMS // 2)
                learnt.append(half if fresh else wrote[-1])
        found = steps(learnt, wrote, real)
        sums = {kind: sum(one.change for one in found if one.kind == kind) for kind in ("drawing", "model", "data")}
        whole = np.log(real.covered(wrote[-1], real.tail) / real.covered(learnt[0], real.tail))
        rows.append(
            [title, *(f"{value:+.3f}" for value in sums.values()), f"{sum(sums.values()):+.3f}", f"{whole:+.3f}"]
        )
    return table(["chain", "drawing", "model", "data", "sum", "ln of the whole"], rows)


if __name__ == "__main__":
    main()
