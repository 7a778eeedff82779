"""Marks in texts: false alarms on unmarked text, plain and repeated, and power against length, predicted and seen.

    python benchmarks/detection/watermarks.py --out marks.json [--text FILE] [--keys 40] [--texts 300] [--only SynthID]

False alarms: paragraphs of a text (made ones without --text), with many keys; the same paragraphs with a line that is
said thirty times; counted once, as `holdfast data mark detect` does, and every time, as a naive detector does.
Power: a model writes with each kind of mark: one that draws words evenly, where a green list has a closed form, and a
bigram model of the same text. There the prediction knows the model and other keys, and no text that is judged: the mean
and variance of a token's worth under the model's own distributions, at places that other keys' texts come to, and then
the exact binomial test (green lists) or a normal law of the sum (tournaments).
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy import stats

from holdfast.core.random import Streams
from holdfast.data.screening.watermarks.detecting import detect
from holdfast.data.screening.watermarks.green import GreenList
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.nulls import power
from holdfast.data.screening.watermarks.tagging import processor
from holdfast.data.screening.watermarks.tokens import cutter, ragged, words
from holdfast.data.screening.watermarks.tournament import Tournament, shares

SCHEMES = (
    GreenList(delta=1.0), GreenList(), GreenList(context=1), GreenList(context=4, seeding="min"),
    GreenList(context=3, seeding="self"), Tournament(), Tournament(weighted=False),
)  # fmt: skip
LENGTHS = (25, 50, 100, 200)
ALPHA = 0.01
TYPES = 500  # of the bigram model


def paragraphs(file, rng):
    if file is not None:
        return [line for line in Path(file).read_text("utf-8", "replace").splitlines() if len(line) > 300]
    law = 1.0 / np.arange(1, 5001)
    return [" ".join(f"w{i}" for i in rng.choice(5000, 120, p=law / law.sum())) for _ in range(2000)]


def column(texts):
    return pa.chunked_array([pa.array(texts, pa.large_string())])


def false_alarms(texts, scheme, keys, rng, naive=0):
    """Return shares of p-values below thresholds, and what a KS test says of them, over keys."""
    found, tests = [], []
    for key in keys:
        marks = detect(column(texts), cutter("words"), scheme, key)
        total, n = marks.total, marks.n
        if naive:
            scored = scheme.scored(key, words(pa.array(texts, pa.large_string())))
            n = np.bincount(scored.document, minlength=len(texts)) * naive
            total = np.bincount(scored.document, weights=scored.worth, minlength=len(texts)).astype(int) * naive
        p = scheme.p_values(n, total)
        above = scheme.p_values(n, total + 1)
        found.append(p)
        tests.append(stats.kstest(above + rng.random(len(p)) * (p - above), "uniform").pvalue)
    p = np.concatenate(found)
    return {
        "p-values": len(p), **{f"below {level:g}": float((p <= level).mean()) for level in (0.05, 0.01, 1e-3, 1e-4)},
        "KS tests below 0.01": float(np.mean(np.array(tests) < 0.01)), "KS tests": len(tests),
    }  # fmt: skip


def bigrams(texts):
    """Return next-word distributions of the commonest words, smoothed a little."""
    tokens = words(pa.array(texts, pa.large_string())).codes
    kinds, place, counts = np.unique(tokens, return_inverse=True, return_counts=True)
    common = np.argsort(-counts)[:TYPES]
    number = np.full(len(kinds), -1)
    number[common] = np.arange(len(common))
    ids = number[place]
    pairs = (ids[:-1] >= 0) & (ids[1:] >= 0)
    table = np.full((len(common), len(common)), 0.5 / len(common))
    np.add.at(table, (ids[:-1][pairs], ids[1:][pairs]), 1)
    return table / table.sum(axis=1, keepdims=True)


def written(scheme, key, language, texts, length, rng):
    move = processor(scheme, key) if scheme is not None else lambda _, scores: scores
    ids = rng.integers(len(language), size=(texts, 1))
    for _ in range(length):
        rising = shares(move(ids, np.log(language[ids[:, -1]]))).cumsum(axis=1)
        luck = rng.random((texts, 1)) * rising[:, -1:]
        ids = np.concatenate([ids, (rising <= luck).sum(axis=1, keepdims=True)], axis=1)
    return ids.astype(np.uint64)


def expected(scheme, language, rng, keys=8, texts=24, length=60):
    """Return mean and variance of the worth of a counted token, by the model's distributions at such places."""
    means, squares = [], []
    codes = np.arange(len(language), dtype=np.uint64)
    for _ in range(keys):
        key = Key(rng.bytes(32))
        for text in written(scheme, key, language, texts, length, rng):
            met = {}
            for at in range(scheme.context, length + 1):
                name = text[at - scheme.context : at + isinstance(scheme, GreenList)].tobytes()
                met.setdefault(name, at)
            at = rng.choice(list(met.values()))
            before = text[:at][None]
            chances = shares(scheme.moved(key, before, codes, np.log(language[int(before[0, -1])])[None]))[0]
            context = np.tile(before[0, -scheme.context :], (len(codes), 1))
            worth = scheme.scored(key, ragged(list(np.concatenate([context, codes[:, None]], axis=1)))).worth
            means.append(chances @ worth)
            squares.append(chances @ worth.astype(float) ** 2)
    mean = float(np.mean(means))
    return mean, float(np.mean(squares)) - mean**2


def flat(scheme):
    """Return the share of green tokens where all are as likely (Kirchenbauer et al. 2023, lemma 2)."""
    lead = np.exp(scheme.delta) * scheme.gamma
    return lead / (lead + 1 - scheme.gamma)


def powers(scheme, mean, variance, language, key, texts, rng):
    whole, found = written(scheme, key, language, texts, max(LENGTHS) + scheme.context - 1, rng), []
    for length in LENGTHS:
        cut = whole[:, : length + scheme.context]
        blank = column([""] * len(cut))
        marks = detect(blank, lambda _, cut=cut: ragged(list(cut)), scheme, key, keep_common=True)
        n = int(np.median(marks.n))
        theory = round(predicted(scheme, mean, variance, n), 3)
        seen = round(float((marks.p <= ALPHA).mean()), 3)
        found.append({"tokens": length, "counted": n, "predicted": theory, "seen": seen})
    return found


def predicted(scheme, mean, variance, n):
    if isinstance(scheme, GreenList):
        return power(n, scheme.gamma, mean, ALPHA)
    needed = stats.norm.isf(ALPHA) * scheme.deviation * np.sqrt(n) + scheme.mean * n
    return float(stats.norm.sf((needed - mean * n) / np.sqrt(variance * n)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", help="a file with a paragraph a line")
    parser.add_argument("--keys", type=int, default=40)
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--only", default="", help="kinds of marks whose description has these letters")
    parser.add_argument("--out", type=Path)
    said = parser.parse_args()
    streams, started = Streams(0), time.process_time()
    texts = paragraphs(said.text, streams("paragraphs"))
    keys = [Key(streams("key", i).bytes(32)) for i in range(said.keys)]
    some = texts[:1000]
    repeated = [" ".join([" ".join(text.split()[:12])] * 30) for text in some]
    language = bigrams(texts)
    rows = []
    for scheme in (one for one in SCHEMES if said.only in one.said()):
        rng = streams("marks", scheme.said())
        row = {"scheme": scheme.said() + (f", δ = {scheme.delta:g}" if isinstance(scheme, GreenList) else "")}
        row["plain"] = false_alarms(some, scheme, keys, rng)
        row["repeated"] = false_alarms(repeated, scheme, keys[:10], rng)
        row["repeated, counted every time"] = false_alarms(repeated, scheme, keys[:10], rng, naive=30)
        if isinstance(scheme, GreenList):
            even = np.full((TYPES, TYPES), 1 / TYPES)
            row["power, even words"] = powers(scheme, flat(scheme), 0.0, even, keys[0], said.texts, rng)
        mean, variance = expected(scheme, language, rng)
        row["power"] = powers(scheme, mean, variance, language, keys[0], said.texts, rng)
        rows.append(row)
        print(json.dumps(row, ensure_ascii=False, indent=1), flush=True)
    result = {"cpu seconds": round(time.process_time() - started, 1), "texts": len(some), "alpha": ALPHA, "rows": rows}
    if said.out:
        said.out.write_text(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
