"""Forecasts of learning curves against what came: small models on real and synthetic data, extrapolated 4 to 8 times.

    nice env OMP_NUM_THREADS=1 python benchmarks/detection/learning_curves.py [--data FOLDER] [--repeats 1] [--short]

A curve is measured at 7 sizes with 3 subsets each and forecast at 4, 6 and 8 times the largest of them; the truth is
the mean error of fresh subsets of that size on the same test set. Without --data only what scikit-learn ships and what
is drawn here is used. Prints one line a curve and the table: coverage of the 90% interval (strictly, and allowing for
the truth's own standard error), mean miss, largest miss, mean width, and the mean miss of simpler rivals.
"""

import argparse
import gzip
import re
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from holdfast.core.random import Streams
from holdfast.finetune.learning_curves.forecast import error_at, learning_curve, needed_for

FACTORS = (4, 6, 8)
SIZES, RESAMPLES = 7, 3


def linear():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=50))


NUMBERS = {
    "logistic": linear,
    "naive Bayes": GaussianNB,
    "neighbours": lambda: KNeighborsClassifier(3),
    "tree": lambda: DecisionTreeClassifier(random_state=0),
    "forest": lambda: RandomForestClassifier(20, random_state=0),
    "ridge": lambda: make_pipeline(StandardScaler(), RidgeClassifier()),
}
WORDS = {"multinomial": lambda: MultinomialNB(alpha=0.3), "logistic": lambda: LogisticRegression(C=10, max_iter=50)}


def shipped():
    x, y = datasets.load_digits(return_X_y=True)
    yield "digits", x, y, ("logistic", "naive Bayes", "neighbours", "tree", "forest", "ridge")
    x, y = datasets.load_breast_cancer(return_X_y=True)
    yield "breast cancer", x, y, ("logistic", "naive Bayes", "neighbours", "ridge")
    for name, seed, options, models in (
        ("synthetic, noisy labels", 0, {"n_features": 20, "n_informative": 8, "flip_y": 0.1},
         ("logistic", "tree", "neighbours")),
        ("synthetic, 10 classes", 1,
         {"n_features": 30, "n_informative": 12, "n_classes": 10, "n_clusters_per_class": 1},
         ("logistic", "forest", "naive Bayes")),
        ("synthetic, 60 columns", 2, {"n_features": 60, "n_informative": 10, "flip_y": 0.02},
         ("logistic", "tree", "ridge")),
        ("synthetic, many clusters", 3, {"n_features": 12, "n_informative": 10, "n_clusters_per_class": 8},
         ("neighbours", "forest", "tree")),
    ):  # fmt: skip
        x, y = datasets.make_classification(8_000, random_state=seed, **options)
        yield name, x, y, models


def local(folder):
    def read(name):
        return (folder / name).read_text("latin-1").splitlines()

    for name, lines in (
        ("movie reviews", read("movie_reviews/rt-polarity.all")),
        ("customer reviews", read("customer_reviews/custrev.all")),
        ("messages", [
            {"ham": "0 ", "spam": "1 "}[line.split("\t")[0]] + line.split("\t")[1]
            for line in read("sms_spam/SMSSpamCollection") if "\t" in line and line.split("\t")[0] in {"ham", "spam"}
        ]),
    ):  # fmt: skip
        kept = sorted({line for line in lines if line[:2] in {"0 ", "1 "}})
        x = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform([line[2:] for line in kept])
        yield name, x, np.array([int(line[0]) for line in kept]), ("multinomial", "logistic")
    with gzip.open(folder / "mnist_test/t10k-images-idx3-ubyte.gz") as file:
        x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)[:, ::2, ::2].reshape(-1, 196) / 255.0
    with gzip.open(folder / "mnist_test/t10k-labels-idx1-ubyte.gz") as file:
        y = np.frombuffer(file.read(), np.uint8, offset=8)
    yield "MNIST, half size", x, y, ("neighbours", "ridge", "naive Bayes")
    rows = [re.split(r",\s*", line) for line in read("adult/adult-train.csv") if line.count(",") > 10][1:10_001]
    table = np.array([row for row in rows if row[0].isdigit()])
    x = np.hstack([table[:, [0, 4, 10, 11, 12]].astype(float)] + [
        (table[:, [c]] == np.unique(table[:, c])[None, :]).astype(float) for c in (1, 5, 6, 7, 9)
    ])  # fmt: skip
    yield "adult", x, (table[:, -1] == table[0, -1]).astype(int), ("logistic", "tree")


def measured(make, x, y, train, test, size, streams, who):
    """Return the error of one model fitted to `size` fresh examples."""
    rng = streams(*who)
    chosen = rng.choice(train, size, replace=False)
    while len(np.unique(y[chosen])) < 2:
        chosen = rng.choice(train, size, replace=False)
    return float(np.mean(make().fit(x[chosen], y[chosen]).predict(x[test]) != y[test]))


def rivals(sizes, errors, n):
    """Return what a straight line in log n, and a power law without floor, forecast."""
    u, of = np.unique(sizes, return_inverse=True)
    mean = np.bincount(of, weights=errors) / np.bincount(of)
    line = np.polyfit(np.log(u), mean, 1)
    power = np.polyfit(np.log(u), np.log(np.maximum(mean, 1e-4)), 1)
    return np.polyval(line, np.log(n)), float(np.exp(np.polyval(power, np.log(n)))), mean[-1]


def measured_curve(title, make, x, y, seed, farthest):
    """Return sizes and errors of the runs, and (size, errors) of the larger ones that were forecast."""
    streams = Streams(seed)
    order = streams("split", title).permutation(len(y))
    n_test = min(2000, len(y) // 3)
    test, train = order[:n_test], order[n_test:]
    largest = len(train) // 8
    sizes = np.unique(np.geomspace(max(10, 2 * len(np.unique(y)), largest / 32), largest, SIZES).astype(int))
    runs = [(n, measured(make, x, y, train, test, n, streams, (title, n, r))) for n in sizes for r in range(RESAMPLES)]
    came = []
    for factor in FACTORS[:farthest]:
        at = min(factor * largest, len(train))
        came.append((at, [measured(make, x, y, train, test, at, streams, (title, "truth", at, r)) for r in range(4)]))
    return np.array([run[0] for run in runs]), np.array([run[1] for run in runs]), came


def judged(title, n, errors, came):
    """Return rows of (factor, truth, its error, value, low, high, rivals…) of one curve."""
    curve = learning_curve(n, errors, Streams(0))
    rows = []
    for factor, (at, later) in zip(FACTORS, came, strict=False):
        found, truth = error_at(curve, at), float(np.mean(later))
        # Subsets of the same pool share examples: their scatter is taken from the curve's own trend as well.
        own = max(np.std(later, ddof=1), curve.spread[-1] * np.sqrt(RESAMPLES / factor)) / 2
        fits = [float(fit.at(np.array([at]))[0, 0]) for fit in curve.fits]
        rows.append([factor, truth, own, found.value, found.low, found.high, *rivals(n, errors, at), *fits])
        if factor == FACTORS[0]:
            needed = needed_for(curve, truth)
            said = needed.reach
            if needed.examples:
                said = f"{needed.examples.value:,.0f} ({needed.examples.low:,.0f} to {needed.examples.high:,.0f})"
            print(f"{title}: {curve.errors[0]:.3f} → {curve.errors[-1]:.3f} at {n.max()}; at {at} {found.value:.3f} "
                  f"({found.low:.3f} to {found.high:.3f}), came {truth:.3f}; needed for that: {said}",
                  flush=True)  # fmt: skip
    return rows


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="the shipped digits only, forecast at 4 times")
    options = parser.parse_args()
    began, rows, curves = time.process_time(), [], 0
    for source in (shipped(), *([local(options.data)] if options.data else [])):
        for name, x, y, models in source:
            if options.short and name != "digits":
                continue
            for model in models:
                for seed in range(options.repeats):
                    title = f"{name}, {model}"
                    make = (NUMBERS if isinstance(x, np.ndarray) else WORDS)[model]
                    rows += judged(title, *measured_curve(title, make, x, y, seed, 1 if options.short else 3))
                    curves += 1
    data = np.array(rows)
    print(f"\n{curves} curves, {time.process_time() - began:.0f} CPU seconds")
    print(
        "factor  covered  allowing  mean miss  largest   width   line in log n, power law, no change, pow3, pow4, mmf4"
    )
    for factor in (*np.unique(data[:, 0]), None):
        part = data if factor is None else data[data[:, 0] == factor]
        truth, own, value, low, high = part[:, 1:6].T
        inside = (low <= truth) & (truth <= high)
        allowing = (low - 1.645 * own <= truth) & (truth <= high + 1.645 * own)
        misses = [np.abs(part[:, i] - truth).mean() for i in range(6, 12)]
        print(f"{'all' if factor is None else f'{factor:.0f} ×':>6}  {inside.mean():7.0%}  {allowing.mean():8.0%}  "
              f"{np.abs(value - truth).mean():9.4f}  {np.abs(value - truth).max():7.4f}  {(high - low).mean():.4f}  "
              + "  ".join(f"{miss:.4f}" for miss in misses))  # fmt: skip


if __name__ == "__main__":
    main()
