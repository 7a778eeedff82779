"""Strangers: is a generator that nobody labelled noticed in a corpus, and what would be said of it.

    python benchmarks/detection/strangers.py DATA [--part power,scans] [--repeats 100] [--scans 10]

`power`: how often the test of habits refuses corpora of people's texts with a part by a stranger, by texts in the
corpus; for sizes that the data do not allow, computed from the differences of all texts (noncentral F), with the same
computation beside what was measured to judge it by. `scans`: whole screenings, with what they would have said. The
folder is that of `screening.py`; line breaks and shared prompts are stripped.
"""

import argparse
import time
from functools import cache
from pathlib import Path

import numpy as np
from scipy.stats import f, ncf
from screening import files, pairs

from holdfast.data.intervals import wilson
from holdfast.data.screening.share.mixtures import LEVEL, habits_test
from holdfast.data.screening.share.shift import standardised
from holdfast.data.screening.text.screening import ScreenSettings, screen
from holdfast.data.screening.text.style import style

FEWEST = 40  # texts of a labelled generator
WORDS = 100  # of a text; shorter ones are left out
PARTS = (0.0, 0.1, 0.25, 0.5)
CASES = (
    "gpt-4:gpt2-xl gpt-4:davinci gpt-4:gpt-j-6B gpt-4:gpt-3.5-turbo gpt2-xl:gpt-4 gpt2-xl:gpt-j-6B "
    "gpt-4+gpt2-xl:davinci gpt-4+gpt2-xl:gpt-j-6B"
)
SIZES = [(60, 80), (120, 120), (240, 200)]  # texts in a corpus, people's labelled texts; as many machines' if there are
COMPUTED = [*SIZES, (500, 500), (1000, 1000)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", default="power,scans")
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--scans", type=int, default=10)
    parser.add_argument("--cases", default=CASES, help="labelled generators:the one that nobody labelled")
    told = parser.parse_args()
    cases = [one.split(":") for one in told.cases.split()]
    for part in told.part.split(","):
        start = time.process_time()
        power(told.data, told.repeats, cases) if part == "power" else scans(told.data, told.scans, cases)
        print(f"  ({part}: {time.process_time() - start:.0f} CPU seconds)\n", flush=True)


@cache
def pool(data):
    """Return people's texts by subject, and each generator's, without format and prompts, all of one length."""
    people, machines, subjects = {}, {}, {}
    for name, path in files(data).items():
        raw, _, human, machine = pairs(path)
        machines[name] = {}
        for whole, ours, theirs in zip(raw, human, machine, strict=True):
            subject = subjects.setdefault(whole[:60], len(subjects))
            for kind, text in ((people, ours), (machines[name], theirs)):
                words = text.split()
                if len(words) >= WORDS and subject not in kind:
                    kind[subject] = " ".join(words[:WORDS])
    return people, machines


@cache
def habits(data):
    people, machines = pool(data)
    return {
        name: dict(zip(kind, style(list(kind.values())), strict=True))
        for name, kind in {"people": people, **machines}.items()
    }


def drawn(found, rng, labelled, stranger, size, known, part):
    """Return entries of `found`: people's, of each labelled generator, asked about; no subject is on both sides."""
    k = round(part * size)
    theirs = rng.permutation(sorted(found[stranger]))[:k]
    rest = rng.permutation(np.setdiff1d(sorted(found["people"]), theirs))
    ours, mine = rest[: size - k], rest[size - k :][:known]
    kept, names = [], labelled.split("+")
    for name in names:
        free = rng.permutation(np.setdiff1d(sorted(found[name]), [*theirs, *ours]))[: known // len(names)]
        kept.append([found[name][one] for one in free])
    if min(map(len, kept)) < FEWEST or len(mine) < known or len(theirs) < k or len(ours) < size - k:
        return None
    asked = [found[stranger][one] for one in theirs] + [found["people"][one] for one in ours]
    return [[found["people"][one] for one in mine], *kept, asked]


def power(data, repeats, cases):
    found = habits(data)
    print(f"Habits: refused at a level of {LEVEL:g} of {repeats} corpora (computed), by part of the stranger; "
          + ", ".join(f"{name} {len(one)} texts" for name, one in found.items()))  # fmt: skip
    for labelled, stranger in cases:
        for size, known in COMPUTED:
            line = []
            for part in PARTS:
                rng, refused = np.random.default_rng([5, size]), []
                while (size, known) in SIZES and len(refused) < repeats:
                    rows = drawn(found, rng, labelled, stranger, size, known, part)
                    if rows is None:
                        break
                    *kinds, asked = map(np.array, rows)
                    refused.append(habits_test(kinds, asked)[0].refuses)
                seen = wilson(sum(refused), len(refused)) if refused else None
                said = f"{seen.value:.2f} ({seen.low:.2f}-{seen.high:.2f})" if seen else "-"
                line.append(f"{part:.0%} {said} [{computed(found, labelled, stranger, size, known, part):.2f}]")
            print(f"  learnt from {labelled}, {stranger} in {size} texts, {known} labelled: " + "; ".join(line),
                  flush=True)  # fmt: skip


def computed(found, labelled, stranger, size, known, part):
    """Return the power at sizes that need not be there: T² is noncentral F with the differences of all texts.

    What sampling alone adds to the squared difference is taken off.
    """
    kinds = [np.array([row for name in side.split("+") for row in found[name].values()])
             for side in ("people", labelled, stranger)]  # fmt: skip
    rows = standardised(np.concatenate(kinds))
    rows = rows[:, np.ptp(rows, axis=0) > 0]
    human, machine, theirs = np.split(rows, np.cumsum([len(kind) for kind in kinds])[:2])
    covariance = [np.cov(kind.T) for kind in (human, machine, theirs)]
    away, apart = theirs.mean(0) - human.mean(0), machine.mean(0) - human.mean(0)
    least = np.inf
    for share in np.linspace(0, 1, 51):
        rest = part * away - share * apart
        spread = (1 - part) * covariance[0] + part * covariance[2] + part * (1 - part) * np.outer(away, away)
        spread = spread / size + (1 - share) ** 2 * covariance[0] / known + share**2 * covariance[1] / known
        inverse = np.linalg.inv(spread + np.diag(1e-3 * np.diag(spread)))
        noise = part**2 * covariance[2] / len(theirs) + share**2 * covariance[1] / len(machine)
        noise = noise + (part - share) ** 2 * covariance[0] / len(human)
        least = min(least, rest @ inverse @ rest - np.sum(inverse * noise))
    k, freedom = rows.shape[1], size + known - 1 - rows.shape[1]
    return ncf.sf(f.isf(LEVEL, k, freedom), k, freedom, max(least, 1e-9))


def scans(data, repeats, cases):
    print(f"Whole screenings, {repeats} repeats: refused; else estimate, and upper end of the 90% interval (means)")
    people, machines = pool(data)
    found = {"people": people, **machines}
    for labelled, stranger in cases:
        for size, known in (SIZES[0], SIZES[-1]):
            line = []
            for part in PARTS:
                rng, seen = np.random.default_rng([9, size]), []
                for _ in range(repeats):
                    sides = drawn(found, rng, labelled, stranger, size, known, part)
                    if sides is None:
                        break
                    sizes = [len(side) for side in sides]
                    origin = np.repeat([0, *[1] * (len(sides) - 2), -1], sizes)
                    makers = np.repeat([None, *labelled.split("+"), None], sizes)
                    settings = ScreenSettings(compare=False, seed=int(rng.integers(1 << 30)))
                    share = screen([text for side in sides for text in side], origin, settings, generators=makers).share
                    others = any(one.refuses for one in share.tests if one.name != "habits of writing")
                    seen.append((bool(share.refused), share.best.value, share.best.high, others))
                if seen:
                    v = np.array(seen, float)
                    line.append(f"{part:.0%} refused {v[:, 0].mean():.2f} (without habits {v[:, 3].mean():.2f}), would "
                                f"say {v[:, 1].mean():.2f}, at most {v[:, 2].mean():.2f}")  # fmt: skip
            print(f"  learnt from {labelled}, {stranger} in {size} texts, {known} labelled: " + "; ".join(line),
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
