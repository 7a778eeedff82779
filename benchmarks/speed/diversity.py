"""Measures of samples beside the libraries people use for them, in one run: the same values, and the time of both.

    python benchmarks/speed/diversity.py                   as in the documentation, about ten minutes
    python benchmarks/speed/diversity.py --short           smaller sizes, about a minute
    python benchmarks/speed/diversity.py --naive-bleu 1000 nltk's self-BLEU on that many documents instead of 500

Needs the peers: pip install nltk lexicalrichness vendi-score prdc. mauve-text is under the GPL and is not installed.
Both sides get the same words or vectors, ready made. CPU-seconds count all threads, of which linear algebra has one.
"""

import argparse
import time
import warnings
from importlib.util import find_spec

import numpy as np
from threadpoolctl import threadpool_limits

from holdfast.collapse.measures.dispersion import directions, dispersion, vendi
from holdfast.collapse.measures.frechet import frechet_distance
from holdfast.collapse.measures.kernel import kernel_distance
from holdfast.collapse.measures.mtld import mtld
from holdfast.collapse.measures.neighbours import among
from holdfast.collapse.measures.rarefaction import hdd
from holdfast.collapse.measures.self_bleu import bleu_of_each, self_bleu
from holdfast.collapse.measures.sliced import sliced_wasserstein
from holdfast.collapse.measures.words import tokenised
from holdfast.collapse.samples import Points, Texts

rng = np.random.default_rng(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--naive-bleu", type=int, default=500)
    args = parser.parse_args()
    print("| measure | size | value | difference | peer | peer CPU-s | Holdfast CPU-s | times faster |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with threadpool_limits(1):
        texts(args.naive_bleu if not args.short else 100, 20_000 if not args.short else 5_000)
        points(4_000 if not args.short else 1_000, 3_000 if not args.short else 1_000)


def documents(n: int) -> Texts:
    """Return `n` documents of 15 to 45 made-up words by Zipf's law, and a few sentences that come again."""
    known = [f"w{i}" for i in range(30_000)]
    weight = 1.0 / (np.arange(len(known)) + 3.0)
    weight /= weight.sum()
    lengths = rng.integers(15, 46, n)
    drawn = rng.choice(len(known), size=int(lengths.sum()), p=weight)
    found, at = [], 0
    for length in lengths.tolist():
        found.append(" ".join(known[i] for i in drawn[at : at + length]))
        at += length
    for i in range(0, n - 1, 7):  # repeated beginnings, so that longer runs match too
        head = found[i].split()[:8]
        found[i + 1] = " ".join(head + found[i + 1].split()[8:])
    return tokenised(Texts(found))


def texts(naive: int, many: int) -> None:
    some = documents(naive)
    lists = [text.split() for text in some.texts]
    if find_spec("nltk"):
        from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

        smooth = SmoothingFunction().method1

        def nltk_bleu() -> float:
            return float(
                np.mean(
                    [
                        sentence_bleu(lists[:i] + lists[i + 1 :], text, smoothing_function=smooth)
                        for i, text in enumerate(lists)
                    ]
                )
            )

        row("self-BLEU", f"{naive:,} documents", lambda: self_bleu.run(some), "nltk", nltk_bleu)
    large = documents(many)
    row("self-BLEU", f"{many:,} documents", lambda: float(bleu_of_each(large.texts.words).mean()))
    if find_spec("lexicalrichness"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from lexicalrichness import LexicalRichness
        # It drops digits and marks, so words of letters alone, 20,000 of them in one document.
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        names = ["".join(letters[[i // 676 % 26, i // 26 % 26, i % 26]]) for i in range(17_000)]
        weight = 1.0 / (np.arange(len(names)) + 3.0)
        text = " ".join(rng.choice(names, size=20_000, p=weight / weight.sum()))
        long, peer = tokenised(Texts([text])), LexicalRichness(text)
        row("HD-D (42)", "20,000 words", lambda: hdd.run(long), "lexicalrichness", lambda: peer.hdd(draws=42))
        row("MTLD", "20,000 words", lambda: mtld.run(long), "lexicalrichness", lambda: peer.mtld(threshold=0.72))


def points(n: int, m: int) -> None:
    d = 384
    cloud = Points(rng.standard_normal((n, d)) * np.linspace(2.0, 0.1, d) + 0.2)
    units = directions(cloud.points)

    def pairwise() -> float:
        cosines = units @ units.T
        return 1.0 - float(cosines.sum() - np.trace(cosines)) / (n * (n - 1))

    row("dispersion", f"{n:,} × {d}", lambda: dispersion.run(cloud), "all pairs", pairwise)
    if find_spec("vendi_score"):
        from vendi_score.vendi import score_K

        row("Vendi score", f"{n:,} × {d}", lambda: vendi.run(cloud), "vendi-score", lambda: score_K(units @ units.T))
    one, two = Points(rng.standard_normal((m, 512)) + 0.05), Points(rng.standard_normal((m, 512)))
    if find_spec("prdc"):
        from prdc import compute_prdc

        def ours() -> float:
            seen = among(one, two, 5, "all")
            parts = (seen.precise.mean(), seen.recalled.mean(), seen.balls.mean() / 5, seen.covered.mean())
            return float(np.mean(parts))

        def theirs() -> float:
            values = quiet(lambda: compute_prdc(two.points, one.points, nearest_k=5))
            return float(np.mean([values[name] for name in ("precision", "recall", "density", "coverage")]))

        row("PRDC, mean of four", f"2 × {m:,} × 512", ours, "prdc", theirs)

    def by_root() -> float:
        from scipy.linalg import sqrtm

        apart = one.points.mean(axis=0) - two.points.mean(axis=0)
        s, t = np.cov(one.points.T), np.cov(two.points.T)
        return float(apart @ apart + np.trace(s) + np.trace(t) - 2 * np.trace(sqrtm(s @ t).real))

    row("Fréchet distance", f"2 × {m:,} × 512", lambda: frechet_distance.run(one, two), "sqrtm (clean-fid)", by_root)

    def whole() -> float:
        x, y, size = one.points, two.points, 512
        kx, ky, kxy = ((a @ b.T / size + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
        within = [(k.sum() - np.trace(k)) / (m * (m - 1)) for k in (kx, ky)]
        return float(sum(within) - 2 * kxy.mean())

    row("kernel distance", f"2 × {m:,} × 512", lambda: kernel_distance.run(one, two), "full matrices", whole)
    left, right = rng.standard_normal(1_000_000), rng.standard_normal(1_000_000) * 1.1
    from scipy.stats import wasserstein_distance

    row(
        "Wasserstein, 1-D",
        "2 × 1,000,000",
        lambda: sliced_wasserstein.run(Points(left[:, None]), Points(right[:, None])),
        "scipy (W₁, time only)",
        lambda: (wasserstein_distance(left, right), None)[1],
    )


def quiet(run):
    """Run something that prints."""
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()):
        return run()


def row(name, size, ours, peer="", theirs=None) -> None:
    value, spent = timed(ours)
    cells = [name, size, f"{value:.6f}"]
    if theirs is None:
        cells += ["", "", "", f"{spent:.3f}", ""]
    else:
        other, waited = timed(theirs)
        apart = "" if other is None else f"{abs(value - other):.1e}"
        cells += [apart, peer, f"{waited:.3f}", f"{spent:.4f}", f"{waited / spent:,.0f}"]
    print("| " + " | ".join(cells) + " |", flush=True)


def timed(run):
    """Return a result and its CPU-seconds; of what is quick, the mean of as many runs as a second holds."""
    start, runs = time.process_time(), 0
    while runs == 0 or time.process_time() - start < 1.0:
        value, runs = run(), runs + 1
    return value, (time.process_time() - start) / runs


if __name__ == "__main__":
    main()
