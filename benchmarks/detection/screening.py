"""Screening of texts on paired texts of people and machines: separation, shares, shift, false positives.

    python benchmarks/detection/screening.py DATA [--repeats 20] [--part separation,shares,shift,people]

The folder holds human_or_machine, movie_reviews, wikitext2 and tinyshakespeare. Line breaks and the prompts that both
texts of a pair begin with are stripped first, from texts with and without a known origin alike.
"""

import argparse
import json
import time
from functools import cache
from pathlib import Path

import numpy as np

from holdfast.core.progress import Silent
from holdfast.core.random import Streams
from holdfast.data.screening.text.cleaning import cleaned
from holdfast.data.screening.text.crossfit import UNUSED, auroc, folds_of, maker, scored
from holdfast.data.screening.text.detectors import DETECTORS
from holdfast.data.screening.text.prepared import MACHINE, prepared
from holdfast.data.screening.text.screening import ScreenSettings, screen
from holdfast.data.screening.text.shared import unshared

SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
SIZES = {150: (80, 60), 500: (220, 120)}  # pairs in a file: pairs with a known origin, texts in a corpus
METHODS = ("prior correction (SLD)", "mixture likelihood", "adjusted count (ACC)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--part", default="separation,shares,shift,people")
    parser.add_argument("--generators", default="gpt-4,gpt-3.5-turbo,gpt2-xl,gpt-j-6B")
    told = parser.parse_args()
    named = told.generators.split(",")
    for part in told.part.split(","):
        start = time.process_time()
        if part == "separation":
            separation(told.data)
        if part == "shares":
            shares(told.data, told.repeats, named)
        if part == "shift":
            shift(told.data, max(3, told.repeats // 4))
        if part == "people":
            people(told.data, max(3, told.repeats // 4))
        print(f"  ({part}: {time.process_time() - start:.0f} CPU seconds)\n", flush=True)


def files(data):
    found = (data / "human_or_machine").glob("*/data/*.json")
    return {path.name.removeprefix("xsum_").removesuffix(".raw_data.json"): path for path in sorted(found)}


@cache
def pairs(path):
    """Return (people's, machines', both without format and shared words) for the pairs of a file."""
    raw = json.loads(path.read_text("utf-8"))
    n = len(raw["original"])
    plain = cleaned(raw["original"] + raw["sampled"]).texts
    distinct = sorted(set(plain))
    bare = dict(zip(distinct, unshared(distinct).texts, strict=True))
    stripped = [bare[text] for text in plain]
    return raw["original"], raw["sampled"], stripped[:n], stripped[n:]


@cache
def others(data):
    """Return people's texts of other kinds in pieces of about 150 words."""

    def cut(words, size=150):
        return [" ".join(words[at : at + size]) for at in range(0, len(words) - size, size)]

    movies = "\n".join(path.read_text("latin-1") for path in sorted((data / "movie_reviews").iterdir()))
    movies = [line.partition(" ")[2] for line in movies.splitlines()]
    wiki = "\n".join(path.read_text("utf-8") for path in sorted((data / "wikitext2").glob("*")))
    wiki = wiki.replace(" @-@ ", "-").replace(" @,@ ", ",").replace(" @.@ ", ".").replace("<unk>", "one")
    plays = (next((data / "tinyshakespeare").glob("*.txt"))).read_text("utf-8")
    return {"movie_reviews": cut(" ".join(movies).split()), "wikitext2": cut(wiki.split()),
            "tinyshakespeare": cut(plays.split())}  # fmt: skip


def separation(data):
    print("AUROC on texts that were held out, with the 95% interval")
    for name, path in files(data).items():
        human, machine, *_ = pairs(path)
        origin = np.repeat([0, 1], [len(human), len(machine)])
        known = prepared(human + machine, origin)
        fold, made, line = folds_of(known, Streams(0)), maker(known), []
        usable = fold > UNUSED
        for detector in DETECTORS:
            by = scored(known, fold, detector, made, np.arange(0), Streams(0), Silent()).mean[usable]
            area, low, high = auroc(by, known.origin[usable] == MACHINE)
            line.append(f"{detector} {area:.3f} ({low:.3f}-{high:.3f})")
        print(f"  {name:15} {known.words} words: " + ", ".join(line), flush=True)


def drawn(path, rng, at_shares, texts_of=None, replace=None):
    """Return a screening of corpora with these shares (a group each), the true shares, and people's rows of each.

    `texts_of` is the file of the generator that wrote the corpora; `replace` are people's texts of another kind.
    """
    human, machine, bare_human, bare_machine = pairs(path)
    labelled, size = SIZES[len(human)]
    order = rng.permutation(len(human))
    mine, rest = order[:labelled], order[labelled:]
    if texts_of is not None:
        told = {human[i][:60] for i in mine}
        theirs, _, bare_human, bare_machine = pairs(texts_of)
        rest = np.array([i for i in rng.permutation(len(theirs)) if theirs[i][:60] not in told])
    people = bare_human if replace is None else replace
    texts = [human[i] for i in mine] + [machine[i] for i in mine]
    groups, true, of_people = {}, {}, {}
    for share in at_shares:
        picked = rng.permutation(rest)[:size]
        k = round(share * len(picked))
        own = picked[k:] if replace is None else rng.permutation(len(replace))[: len(picked) - k]
        name, start = f"{share:.0%}", len(texts)
        texts += [bare_machine[i] for i in picked[:k]] + [people[i] for i in own]
        groups[name], true[name] = np.arange(start, len(texts)), k / len(picked)
        of_people[name] = np.arange(start + k, len(texts))
    origin = np.full(len(texts), -1)
    origin[:labelled], origin[labelled : 2 * labelled] = 0, 1
    settings = ScreenSettings(compare=False, seed=int(rng.integers(1 << 30)))
    return screen(texts, origin, settings, groups=groups), true, of_people


def shares(data, repeats, named):
    print(
        f"In-domain: coverage / mean width of the 90% interval by method, {repeats} repeats; refusals; people flagged"
    )
    for name in named:
        rng, seen = np.random.default_rng(7), {f"{share:.0%}": [] for share in SHARES}
        for _ in range(repeats):
            found, true, of_people = drawn(files(data)[name], rng, SHARES)
            cuts = {rate.stratum: rate.threshold for rate in found.rates}
            for one in found.groups:
                truth = true[one.name]
                cover = [(i.low - 1e-9 <= truth <= i.high + 1e-9, i.high - i.low, abs(i.value - truth))
                         for m in METHODS for i in one.intervals if i.method == m]  # fmt: skip
                shift_refused = any(test.refuses for test in one.tests)
                rows = of_people[one.name]
                flagged = flags(found, rows, cuts) if len(rows) else np.nan
                seen[one.name].append((*np.array(cover, float).ravel(), shift_refused, bool(one.refused), flagged))
        everything = np.array([line for lines in seen.values() for line in lines])
        for share, lines in [*seen.items(), ("all", everything)]:
            v = np.nanmean(np.where(np.isfinite(lines), lines, np.nan), axis=0) if share != "100%" else np.append(
                np.mean(np.array(lines)[:, :-1], axis=0), np.nan)  # fmt: skip
            print(f"  {name:14} {share:>5}: SLD {v[0]:.2f} / {v[1]:.2f} (error {v[2]:.3f}), "
                  f"mixture {v[3]:.2f} / {v[4]:.2f}, "
                  f"ACC {v[6]:.2f} / {v[7]:.2f}; refused for shift {v[9]:.2f}, for shift or width {v[10]:.2f}; "
                  f"people flagged at 0.05: {v[11]:.3f}", flush=True)  # fmt: skip


def flags(found, rows, cuts):
    """Return the share of rows whose score is at or above the threshold of their stratum, refused or not."""
    known, hit = found.prepared, []
    for row in rows:
        at = known.text_of[row]
        if at >= 0:
            hit.append(found.score[row] >= cuts.get(int(known.full[at]) if 2 not in cuts else 2, np.inf))
    return float(np.mean(hit)) if hit else np.nan


def shift(data, repeats):
    print(f"Under shift: refusals, and coverage of the SLD interval where not refused; {repeats} repeats")
    at, human = files(data), others(data)
    cases = [("gpt-4", "gpt-3.5-turbo", None), ("gpt-4", "davinci", None), ("gpt-4", "gpt2-xl", None),
             ("gpt2-xl", "gpt-j-6B", None), ("gpt2-xl", "gpt-4", None),
             *(("gpt-4", None, kind) for kind in human), *(("gpt2-xl", None, kind) for kind in human)]  # fmt: skip
    for name, other, kind in cases:
        rng, seen = np.random.default_rng(11), {}
        for _ in range(repeats):
            found, true, _ = drawn(
                at[name], rng, (0.1, 0.5, 1.0) if other else (0.0, 0.25), at.get(other), human.get(kind)
            )
            for one in found.groups:
                covered = one.best.low - 1e-9 <= true[one.name] <= one.best.high + 1e-9
                seen.setdefault(one.name, []).append((bool(one.refused), covered, one.best.value))
        said = []
        for share, lines in seen.items():
            v = np.array(lines, float)
            kept = v[:, 0] == 0
            covers = f"{v[kept, 1].mean():.2f}" if kept.any() else "-"
            said.append(
                f"{share}: refused {v[:, 0].mean():.2f}, coverage of the rest {covers}, would say {v[:, 2].mean():.2f}"
            )
        print(f"  {name} -> {other or kind}: " + "; ".join(said), flush=True)


def people(data, repeats):
    print(f"False positives at 0.05 on people's texts of other kinds, if nobody refused; {repeats} repeats")
    at = files(data)
    for name in ("gpt-4", "gpt2-xl"):
        for kind, texts in others(data).items():
            rng, seen = np.random.default_rng(13), []
            for _ in range(repeats):
                found, _, rows = drawn(at[name], rng, (0.0,), None, texts)
                cuts = {rate.stratum: rate.threshold for rate in found.rates}
                seen.append((flags(found, rows["0%"], cuts), bool(found.refused)))
            v = np.mean(np.array(seen, float), axis=0)
            print(
                f"  learnt from {name}, {kind}: {v[0]:.3f} would be flagged; p-values refused in {v[1]:.2f}", flush=True
            )


if __name__ == "__main__":
    main()
