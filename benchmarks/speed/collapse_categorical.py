"""Frequencies and bigrams through generations: the laboratory beside the plain way and nltk, in one run.

    python benchmarks/speed/collapse_categorical.py              K = 50,000 types, M = 100,000 items; 1e6 tokens
    python benchmarks/speed/collapse_categorical.py --quick      a tenth of it

Categorical: a history of 100 generations, each learning from the one before. The plain way draws the items themselves
(`rng.choice`) and counts them; the middle one draws their counts by one multinomial over all types. Types alive at the
end stand beside what theory expects, so that speed is not bought with another law. "through the public API" is the
whole verb with all measures at the end: report, record and theories included.

Bigrams: a generation is training on the text of the one before and writing as much again. `nltk.lm.MLE` is trained on
the whole text and writes a few hundred tokens, from which its speed is taken: at that speed a generation would take
hours. The plain way is a dictionary of lists of followers and `random.choice`. Perplexity is that of what was written,
under the bigrams of the text it was learnt from, smoothed by Witten and Bell. CPU seconds, all threads.
"""

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.engines.branching import reach
from holdfast.collapse.graph import graph
from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment
from holdfast.collapse.learners.categorical import Categorical
from holdfast.collapse.learners.ngram import Ngram
from holdfast.collapse.ngrams.index import Writing
from holdfast.collapse.ngrams.surprise import surprises
from holdfast.collapse.regimes import PRESETS

GENERATIONS = 100
NLTK_TOKENS = 300


def timed(run: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    started = time.process_time()
    found = run()
    return time.process_time() - started, found


def categorical(types: int, items: int, histories: int) -> None:
    learner = Categorical(types=types)
    law = learner.true_law

    def plain(rng: np.random.Generator, draw: Callable[[np.ndarray], np.ndarray]) -> int:
        del rng
        p = law
        for _ in range(GENERATIONS):
            p = draw(p) / items
        return int((p > 0).sum())

    def chosen(rng: np.random.Generator) -> int:
        return plain(rng, lambda p: np.bincount(rng.choice(types, items, p=p), minlength=types))

    def multinomial(rng: np.random.Generator) -> int:
        return plain(rng, lambda p: rng.multinomial(items, p))

    def steps(rng: np.random.Generator) -> int:
        model = learner.truth(1, rng)
        for _ in range(GENERATIONS):
            model = learner.fit([Part(learner.draw(model, Draw(items), rng), 1.0)], rng, None)
        return int((model.share > 0).sum())

    def leap(rng: np.random.Generator) -> int:
        return int((learner.leap(learner.truth(1, rng), [items] * GENERATIONS, rng).share > 0).sum())

    def api(replicates: int) -> tuple[float, float]:
        experiment = Experiment(
            learner="categorical", options={"types": types}, samples=items, generations=GENERATIONS,
            replicates=replicates, regimes=("replace",), measures=("types-alive",), at=(GENERATIONS,),
        )  # fmt: skip
        _, (curve,) = run_experiment(experiment)
        return float(curve.mean[-1]), float(curve.error[-1])

    expected = float((1 - np.exp(-law * reach(graph(PRESETS["replace"], items, GENERATIONS))[-1])).sum())
    print(f"\nCategorical: {types:,} types by Zipf's law (b = 1.2), {items:,} items, {GENERATIONS} generations\n")
    print("| way | CPU s a history | times faster | types alive at the end |\n|---|---|---|---|")
    ways = (
        ("rng.choice and count", chosen, max(1, histories // 8)),
        ("rng.multinomial over all types", multinomial, histories),
        ("the laboratory, step by step", steps, histories),
        ("the laboratory, only the end recorded", leap, histories),
    )
    slow = None
    for name, run, times in ways:
        rng = np.random.default_rng(1)
        seconds, alive = timed(lambda run=run, rng=rng, times=times: np.array([run(rng) for _ in range(times)]))
        slow = slow or seconds / times
        spread = alive.std(ddof=1) / np.sqrt(times) if times > 1 else float("nan")
        print(f"| {name} | {seconds / times:.4f} | {slow * times / seconds:.1f} | {alive.mean():.1f} ± {spread:.1f} |")
    api(1)
    many = 4 * histories
    seconds, (mean, error) = timed(lambda: api(many))
    print(f"| through the public API, {many} histories | {seconds / many:.4f} | {slow * many / seconds:.1f} |", end="")
    print(f" {mean:.1f} ± {error:.1f} |")
    print(f"| theory (branching) | | | {expected:.1f} |")


def bigrams(tokens: int, types: int, generations: int) -> None:
    learner = Ngram(order=2, types=types, length=tokens)
    rng = np.random.default_rng(0)
    text = learner.draw(learner.truth(1, rng), Draw(tokens), rng)

    def perplexity(written: np.ndarray) -> float:
        return float(np.exp(surprises(text.tokens, np.empty((1, 0)), 2, types, written)[0, 1:].mean()))

    def ours() -> np.ndarray:
        batch = text
        for _ in range(generations):
            batch = learner.draw(learner.fit([Part(batch, 1.0)], rng, None), Draw(tokens), rng)
        return batch.tokens[0]

    def once() -> np.ndarray:
        return learner.draw(learner.fit([Part(Writing(text.tokens), 1.0)], rng, None), Draw(tokens), rng).tokens[0]

    def dictionary() -> np.ndarray:
        words = text.tokens[0].tolist()
        followers: dict[int, list[int]] = defaultdict(list)
        for a, b in zip(words, [*words[1:], words[0]], strict=True):
            followers[a].append(b)
        choose = random.Random(0).choice
        at, out = words[0], []
        for _ in range(tokens):
            at = choose(followers[at])
            out.append(at)
        return np.array(out)

    print(f"\nBigrams: {tokens:,} tokens a generation, {types:,} types by Zipf's law (b = 1)\n")
    print("| way | training, CPU s | writing, tokens a second | a generation, tokens a second | perplexity |")
    print("|---|---|---|---|---|")
    nltk_row(text.tokens[0], perplexity)
    seconds, written = timed(dictionary)
    print(f"| dictionary of lists | | | {tokens / seconds:,.0f} | {perplexity(written):.2f} |")
    seconds, _ = timed(ours)
    fit, _ = timed(lambda: np.array(learner.fit([Part(text, 1.0)], rng, None).order))
    speed = tokens * generations / seconds
    writing = tokens / (seconds / generations - fit)
    print(f"| the laboratory, {generations} generations | {fit:.2f} | {writing:,.0f} | {speed:,.0f} |", end="")
    print(f" {perplexity(once()):.2f} |")


def nltk_row(words: np.ndarray, perplexity: Callable[[np.ndarray], float]) -> None:
    try:
        from nltk.lm import MLE
        from nltk.util import bigrams as pairs
    except ImportError:
        print("| nltk.lm.MLE: not installed | | | | |")
        return
    named = [str(word) for word in words.tolist()]
    model = MLE(2)
    training, _ = timed(lambda: model.fit([pairs(named)], named) or np.empty(0))
    writing, out = timed(lambda: np.array(model.generate(NLTK_TOKENS, text_seed=[named[0]], random_seed=1), dtype=int))
    whole = training + writing / NLTK_TOKENS * len(words)
    print(f"| nltk.lm.MLE, from {NLTK_TOKENS} tokens | {training:.1f} | {NLTK_TOKENS / writing:,.0f} |", end="")
    print(f" {len(words) / whole:,.0f} | {perplexity(out):.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    smaller = 10 if quick else 1
    categorical(50_000 // smaller, 100_000 // smaller, 8 if quick else 16)
    bigrams(1_000_000 // smaller, 20_000 // smaller, 3 if quick else 5)


if __name__ == "__main__":
    main()
