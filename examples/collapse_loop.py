"""Three generations of a small language model, with and without a policy for what they learn from.

    python examples/collapse_loop.py                    on made-up sentences, in half a minute
    python examples/collapse_loop.py --text corpus.txt  on your own text: a document per line
    python examples/collapse_loop.py --keep runs        keep stores, training sets and reports in a folder

People write a corpus once, and a little more of it in each generation. The last model writes the rest, at the usual
temperature. Both go to a store in which each record says who made it. Then the next model learns:

    without a policy    from what came last, as a crawler would have it
    with a policy       from what `holdfast data mix diet.toml` takes

At the end `holdfast collapse watch` looks at what the generations learnt from, and `holdfast audit` at what the last
one learnt from. The table shows that measures, alarm and audit tell the two apart.
"""

import argparse
import math
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import holdfast
from holdfast.collapse.learners.language.tales import tales
from holdfast.collapse.planning.for_policy import need, settled
from holdfast.collapse.watching.sets import WatchSettings, watch_paths
from holdfast.core.finding import Severity
from holdfast.core.record import Run
from holdfast.data.inference import describe
from holdfast.data.mixing import mix, read_policy, refusal, write_mix
from holdfast.data.store import Store

DIET = """\
source = "{store}"
records = {records}
shares.synthetic.at_most = 0.3
human = {{ minimum = "planner", rarest = {rarest:g}, sharpening = {sharpening:.2f}, horizon = {horizon} }}
"""
TEMPERATURE = 0.7  # below 1, since that reads better; it is what makes rare words vanish quickly
LONGEST = 60  # words of a document
FRESH = 0.2  # what people write in each generation, for each record that a model learns from


class Trigrams:
    """A model that counts which word follows two others, and falls back on one or none where it has not seen both."""

    def __init__(self, documents: list[str]) -> None:
        """Learn from documents."""
        self.counts: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for document in documents:
            for before, last, word in _threes(document):
                for context in ((before, last), (last,), ()):
                    self.counts[context][word] += 1

    @property
    def words(self) -> set[str]:
        """The words that it can write."""
        return set(self.counts[()])

    def write(self, documents: int, rng: np.random.Generator) -> list[str]:
        """Return new documents."""
        ready = {}
        for context, counts in self.counts.items():
            weights = np.array(list(counts.values()), dtype=float) ** (1 / TEMPERATURE)
            ready[context] = (list(counts), np.cumsum(weights) / weights.sum())
        written = []
        for _ in range(documents):
            words = ["", ""]
            while len(words) < LONGEST and (len(words) == 2 or words[-1]):
                choices, edges = ready[words[-2], words[-1]]
                words.append(choices[min(int(np.searchsorted(edges, rng.random())), len(choices) - 1)])
            written.append(" ".join(word for word in words if word))
        return written

    def perplexity(self, documents: list[str]) -> float:
        """Return among how many words it hesitates, on average, in documents that it has not seen.

        A context passes on as much to the shorter one as it has had different words (Witten & Bell 1991).
        """
        totals = {context: sum(seen.values()) for context, seen in self.counts.items()}
        logs, n = 0.0, 0
        for document in documents:
            for before, last, word in _threes(document):
                chance = 1e-4  # of a word that it has never seen
                for context in ((), (last,), (before, last)):
                    if context in totals:
                        seen = self.counts[context]
                        chance = (seen.get(word, 0) + len(seen) * chance) / (totals[context] + len(seen))
                logs, n = logs + math.log(chance), n + 1
        return math.exp(-logs / n)


def _threes(document: str) -> list[tuple[str, str, str]]:
    words = ["", "", *document.split(), ""]
    return list(zip(words, words[1:], words[2:], strict=False))


@dataclass
class Outcome:
    """What became of the generations under one regime."""

    name: str
    people: list[float]  # share of people's records in what each generation learnt from
    words: list[int]  # words that each model can write
    perplexity: list[float]  # on real documents that were held out
    alarm: Run  # holdfast collapse watch
    audit: Run  # holdfast audit, of what the last generation learnt from
    refused: str | None  # what a trainer is told about that


def records(documents: list[str], name: str, generation: int) -> holdfast.Dataset:
    """Return documents with their origin: people's for generation 0, else the model's.

    The same short sentence may come twice, from a person and from a model; the id tells them apart.
    """
    n = len(documents)
    table = pa.table({
        "id": [f"{name}-{number}" for number in range(n)],
        "text": documents,
        "_origin": ["synthetic" if generation else "human"] * n,
        "_evidence": ["declared"] * n,
        "_generator": pa.array([f"trigrams@{generation}" if generation else None] * n, pa.large_string()),
        "_generation": [generation] * n,
    })  # fmt: skip
    return describe("records", table, roles={"id": "id"}, kinds={"text": "text", "id": "category"})


def run(folder: Path, corpus: list[str], real: Path, size: int, generations: int, *, policy: bool) -> Outcome:
    """Return what becomes of the generations, from a corpus by people."""
    folder.mkdir(parents=True)
    rng, fresh = np.random.default_rng(0), int(FRESH * size)
    first, later = corpus[: -fresh * generations], corpus[-fresh * generations :]
    held_out = pq.read_table(real).column("text").to_pylist()[:500]
    store, diet = Store.create(folder / "corpus"), folder / "diet.toml"
    text = DIET.format(
        store=folder / "corpus", records=size, rarest=10 / size, sharpening=1 / TEMPERATURE, horizon=generations
    )
    diet.write_text(text, "utf-8")
    store.add(records(first, "people", 0), "what people wrote first")
    learnt, models = [], []
    for generation in range(1, generations + 1):
        learnt.append(folder / f"generation{generation}")
        if policy:
            write_mix(mix(read_policy(diet), ask=need), learnt[-1])
        else:
            learnt[-1].mkdir()
            every = store.read().table
            pq.write_table(every.slice(len(every) - size), learnt[-1] / "last.parquet")
        models.append(Trigrams(holdfast.load({"all": learnt[-1]}).table.column("text").to_pylist()))
        new = later[fresh * (generation - 1) : fresh * generation]
        store.add(records(new, f"people{generation}", 0), f"what people wrote in generation {generation}")
        store.add(records(models[-1].write(size, rng), f"model{generation}", generation), f"by model {generation}")
    sets = [holdfast.load({"all": one}) for one in learnt]
    rules = settled(read_policy(diet))
    return Outcome(
        "with a policy" if policy else "without",
        [float(np.mean([one == "human" for one in data.table.column("_origin").to_pylist()])) for data in sets],
        [len(model.words) for model in models],
        [model.perplexity(held_out) for model in models],
        watch_paths(learnt, WatchSettings(text="text", planned=generations), real=real),
        holdfast.audit(
            sets[-1],
            facts={"policy": rules},
            select=["origin"],
            checks={"self-consumption": {"model": "trigrams"}},
            honest={"enabled": False},
        ),
        refusal(sets[-1], rules),
    )


def sentences(number: int, rng: np.random.Generator) -> list[str]:
    """Return sentences that a grammar makes, in place of text by people."""
    made = [f"{one.strip()} ." for one in tales(12 * number, rng).split(" .") if one.strip()]
    return [made[place] for place in rng.permutation(len(made))[:number]]


def told(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a table."""
    lines = [f"{'':15}" + "".join(f"{one.name:>38}" for one in outcomes)]
    generations = len(outcomes[0].words)
    lines.append(f"{'learnt by':15}" + f"{'people':>14}{'words':>10}{'perplexity':>14}" * len(outcomes))
    for i in range(generations):
        cells = "".join(f"{one.people[i]:>14.0%}{one.words[i]:>10,}{one.perplexity[i]:>14.1f}" for one in outcomes)
        lines.append(f"generation {i + 1:<4}{cells}")
    rows = {
        "collapse watch": [_found(one.alarm) or "no alarm" for one in outcomes],
        "audit, errors": [_found(one.audit, Severity.ERROR) or "none" for one in outcomes],
        "warnings": [_found(one.audit, Severity.WARNING) or "none" for one in outcomes],
        "notes": [_found(one.audit, Severity.NOTE) or "none" for one in outcomes],
        "the trainer": ["refuses it" if one.refused else "takes it" for one in outcomes],
    }
    lines += [f"{name:15}" + "".join(f"{cell:>38}" for cell in cells) for name, cells in rows.items()]
    lines += [f"\n{one.name}: {one.refused}" for one in outcomes if one.refused]
    return "\n".join(lines)


def _found(made: Run, severity: Severity | None = None) -> str:
    """Return the names of the checks that found something, once each."""
    return ", ".join(sorted({one.check for one in made.findings if severity in {None, one.severity}}))


def main(arguments: list[str] | None = None) -> list[Outcome]:
    """Run both regimes, print the table, and return the outcomes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--text", type=Path, help="real documents, one a line")
    parser.add_argument("--records", type=int, default=2_000, help="that each generation learns from")
    parser.add_argument("--generations", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for stores and training sets")
    said = parser.parse_args(arguments)
    needed = int(said.records * (2 + FRESH * said.generations))
    rng = np.random.default_rng(0)
    if said.text is None:
        real = sentences(3 * needed, rng)
    else:
        lines = [one for one in said.text.read_text("utf-8").splitlines() if one.strip()]
        real = [lines[place] for place in rng.permutation(len(lines))]
    if len(real) < 2 * needed:
        parser.error(f"{len(real):,} documents; at least {2 * needed:,} are needed for {said.records:,} records")
    with tempfile.TemporaryDirectory() as temporary:
        home = said.keep or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        truth = home / "real.parquet"  # documents that no model learns from
        pq.write_table(pa.table({"text": real[needed:]}), truth)
        outcomes = [
            run(home / name, real[:needed], truth, said.records, said.generations, policy=policy)
            for name, policy in (("without", False), ("with", True))
        ]
    print(told(outcomes))
    return outcomes


if __name__ == "__main__":
    main()
