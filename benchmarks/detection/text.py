"""What is found of defects planted in texts: recall and precision per dose, written as docs/detection-text.md.

    python benchmarks/detection/text.py            prints the tables
    python benchmarks/detection/text.py --write    writes them to docs/detection-text.md as well

Copies: of 2,000 training and 500 test texts, 25 test texts are training texts with a planted change; recall is the
share of them that near-split-overlap or split-overlap names, precision the share of rows named that were planted.
Paraphrases: 20 pairs written by hand (paraphrases.json).
Words: a made-up word in a share of the texts of one class and nowhere else; marks: a line break, likewise.
Contamination: 25 of 300 texts of a benchmark stand in training texts, whole or in part.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from holdfast.audit import catalogue
from holdfast.audit.cases import subject
from holdfast.audit.cases.texts import edited, texts
from holdfast.audit.runner import Facts, run_check
from holdfast.core.dataset import Dataset
from holdfast.core.record import CheckResult

SEEDS = (0, 1, 2)
PARAPHRASES = Path(__file__).with_name("paraphrases.json")
PAGE = Path(__file__).parents[2] / "docs" / "detection-text.md"
N_TRAIN, N_TEST, N_COPIES = 2000, 500, 25
LENGTHS = {"6 to 10 words": (6, 10), "15 to 30 words": (15, 30), "60 to 120 words": (60, 120)}

Change = Callable[[np.random.Generator, str], str]
CHANGES: dict[str, Change] = {
    "none (exact)": lambda _, text: text,
    "case": lambda _, text: text.upper(),
    "punctuation": lambda _, text: re.sub(r"[.,]", " -", text) + "!",
    "5% of words dropped": lambda rng, text: edited(rng, text, 0.05),
    "10% dropped": lambda rng, text: edited(rng, text, 0.1),
    "20% dropped": lambda rng, text: edited(rng, text, 0.2),
    "30% dropped": lambda rng, text: edited(rng, text, 0.3),
    "5% swapped with the next": lambda rng, text: edited(rng, text, 0.05, "swap"),
    "15% swapped": lambda rng, text: edited(rng, text, 0.15, "swap"),
    "10% replaced": lambda rng, text: edited(rng, text, 0.1, "replace"),
    "20% replaced": lambda rng, text: edited(rng, text, 0.2, "replace"),
    "30% replaced": lambda rng, text: edited(rng, text, 0.3, "replace"),
    "first half": lambda _, text: text[: len(text) // 2],
    "first quarter": lambda _, text: text[: len(text) // 4],
    "wrapped in as much new text": lambda rng, text: f"{_like(rng, text, 2)} {text} {_like(rng, text, 2)}",
    "half replaced by new text": lambda rng, text: f"{text[: len(text) // 2]} {_like(rng, text, 2)}",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    args = parser.parse_args()
    lines: list[str] = []

    def say(line: str = "") -> None:
        print(line, flush=True)
        lines.append(line)

    say("# What is found in texts")
    say()
    say("Written by `python benchmarks/detection/text.py --write`; texts are made up (words by Zipf's law).")
    copies(say)
    paraphrases(say)
    words(say)
    contamination(say)
    if args.write:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"wrote {PAGE}", file=sys.stderr)


def copies(say: Callable[..., None]) -> None:
    say()
    say("## Copies of training texts among test texts")
    say()
    say(
        f"{N_COPIES} of {N_TEST} test texts are changed copies of training texts; recall / precision over "
        f"{len(SEEDS)} seeds. What is half new, with the two halves apart, is no copy: nothing should be said of it."
    )
    say()
    say("| change | " + " | ".join(LENGTHS) + " |")
    say("|---|" + "---|" * len(LENGTHS))
    for name, change in CHANGES.items():
        cells = []
        for words_of_one in LENGTHS.values():
            hits, named, total = 0, 0, 0
            for seed in SEEDS:
                rng = np.random.default_rng(seed)
                dataset, planted = _copied(rng, change, words_of_one)
                found = _rows(_run(dataset, "near-split-overlap")) | _rows(_run(dataset, "split-overlap"))
                hits, named, total = hits + len(found & planted), named + len(found), total + len(planted)
            cells.append(f"{hits / total:.2f} / {hits / named:.2f}" if named else f"{hits / total:.2f} / –")
        say(f"| {name} | " + " | ".join(cells) + " |")


def paraphrases(say: Callable[..., None]) -> None:
    say()
    say("## A training text in other words among test texts")
    say()
    say(
        "Near-copies are found by the words that two texts share, not by what they mean. 20 short texts (16 to 28 "
        "words) written by hand stand in the training data, and among 520 test texts the same in other words: "
        "*reworded* keeps the course of the sentence and changes words and phrases, *said anew* tells it as somebody "
        "else would. **A paraphrase that shares few words is not found**, also not with vectors of a model, which "
        "serve models and drift only; a reworded text is found where enough of its word pairs are left."
    )
    say()
    say("| paraphrase | words shared (median; least to most) | found | others named |")
    say("|---|---|---|---|")
    written = json.loads(PARAPHRASES.read_text(encoding="utf-8"))
    for kind in ("reworded", "said anew"):
        shared = [_shared(one["text"], one[kind]) for one in written]
        rng = np.random.default_rng(0)
        train = [one["text"] for one in written] + texts(rng, N_TRAIN, (15, 30))
        test = [one[kind] for one in written] + texts(rng, N_TEST, (15, 30))
        split = ["train"] * len(train) + ["test"] * len(test)
        found = _rows(_run(subject({"text": [*train, *test]}, split=split), "near-split-overlap"))
        planted = set(range(len(train), len(train) + len(written)))
        say(
            f"| {kind} | {np.median(shared):.2f}; {min(shared):.2f} to {max(shared):.2f} | {len(found & planted)} of "
            f"{len(written)} | {len(found - planted)} |"
        )


def _shared(one: str, other: str) -> float:
    """Return the different words that two texts share, as a share of all they have."""
    a, b = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(a & b) / len(a | b)


def words(say: Callable[..., None]) -> None:
    doses = (0.95, 0.5, 0.25, 0.1, 0.05, 0.0)
    say()
    say("## A word, a header or a line break that gives a class away")
    say()
    say(
        "In so many of the texts of one of two classes, and in none of the other (600 texts of 20 to 60 words): share "
        "of 20 seeds in which it is reported. 0% is the null: whatever is reported there is a false finding."
    )
    say()
    say("| planted | " + " | ".join(f"{100 * dose:.0f}%" for dose in doses) + " |")
    say("|---|" + "---|" * len(doses))
    kinds: dict[str, tuple[str, Change]] = {
        "a word at a random place": ("token-artefact", lambda rng, text: _inserted(rng, text, "xylograph")),
        "a header": ("token-artefact", lambda _, text: f"Organization: Widget Works\n{text}"),
        "a word in front": ("token-artefact", lambda _, text: f"Dateline {text}"),
        "line breaks after sentences": ("format-artefact", lambda _, text: text.replace(". ", ".\n")),
        "a blank at the end": ("format-artefact", lambda _, text: text + " "),
        "curly quotes": ("format-artefact", lambda _, text: f"“{text}”"),
    }
    for name, (check, change) in kinds.items():
        cells = []
        for dose in doses:
            found = 0
            for seed in range(20):
                rng = np.random.default_rng(1000 + seed)
                y = rng.integers(0, 2, size=600)
                hit = (y == 1) & (rng.random(600) < dose)
                written = [
                    change(rng, text) if new else text for text, new in zip(texts(rng, 600), hit.tolist(), strict=True)
                ]
                found += bool(_run(subject({"text": written, "y": y}), check).findings)
            cells.append(f"{found / 20:.2f}")
        say(f"| {name} | " + " | ".join(cells) + " |")


def contamination(say: Callable[..., None]) -> None:
    shares = (1.0, 0.75, 0.5, 0.25, 0.0)
    say()
    say("## A benchmark that stands in the training texts")
    say()
    say(
        "25 of 300 texts of a benchmark (40 to 80 words) stand in longer training texts, to so much of their words: "
        "share of them reported as contaminated (error) or as having a passage in common (warning), and others."
    )
    say()
    say("| share of the words | error | warning | false |")
    say("|---|---|---|---|")
    for share in shares:
        counts = np.zeros(3)
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            train, other = texts(rng, N_TRAIN, (100, 200)), texts(rng, 300, (40, 80))
            for place in range(25):
                kept = other[place].split()
                kept = kept[: round(share * len(kept))]
                train[7 * place] += " " + " ".join(kept).lower()
            split = ["train"] * N_TRAIN + ["benchmark"] * 300
            result = _run(subject({"text": [*train, *other]}, split=split), "benchmark-contamination")
            planted = set(range(N_TRAIN, N_TRAIN + 25))
            for finding in result.findings:
                rows = {int(row) for place in finding.locations for row in place.rows}
                counts[0 if finding.severity == "error" else 1] += len(rows & planted)
                counts[2] += len(rows - planted)
        total = 25 * len(SEEDS)
        say(f"| {100 * share:.0f}% | {counts[0] / total:.2f} | {counts[1] / total:.2f} | {counts[2]:.0f} |")


def _copied(rng: np.random.Generator, change: Change, words_of_one: tuple[int, int]) -> tuple[Dataset, set[int]]:
    written = texts(rng, N_TRAIN + N_TEST, words_of_one)
    places = N_TRAIN + rng.choice(N_TEST, size=N_COPIES, replace=False)
    sources = rng.choice(N_TRAIN, size=N_COPIES, replace=False)
    for place, source in zip(places.tolist(), sources.tolist(), strict=True):
        written[place] = change(rng, written[source])
    dataset = subject({"text": written}, split=["train"] * N_TRAIN + ["test"] * N_TEST)
    return dataset, set(places.tolist())


def _like(rng: np.random.Generator, text: str, part: int) -> str:
    n = max(1, len(text.split()) // part)
    return texts(rng, 1, (n, n))[0]


def _inserted(rng: np.random.Generator, text: str, word: str) -> str:
    words_of_one = text.split(" ")
    words_of_one.insert(int(rng.integers(len(words_of_one))), word)
    return " ".join(words_of_one)


def _run(dataset: Dataset, name: str) -> CheckResult:
    result = run_check(catalogue.checks()[name], Facts({"dataset": dataset}))
    assert result.status != "crashed", result.trace
    return result


def _rows(result: CheckResult) -> set[int]:
    return {int(row) for finding in result.findings for place in finding.locations for row in place.rows}


if __name__ == "__main__":
    main()
