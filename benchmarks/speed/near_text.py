"""Near-duplicate texts at scale, beside datasketch and rensa in one run: speed, memory, and what is found.

    python benchmarks/speed/near_text.py                   1e4 and 1e5 texts
    python benchmarks/speed/near_text.py --texts 1e5 1e6

Texts are made of 50,000 made-up words by Zipf's law, 50 to 150 words each; one in fifty of them is a copy of another
with a planted change, so that the truth is known. Each tool runs in a process of its own, and is given the texts as it
takes them: Holdfast an Arrow column, the peers a list of strings, of which they make sets of lower-cased words (that
counts, as nobody has them ready). Found are pairs; the peers' pairs are those of their index (threshold 0.7, 128
permutations). rensa is measured twice: with pairs, and in its fastest form, which says which texts have a partner but
not which. Recall is the share of planted copies found (with their source, where pairs are given); precision the share
of pairs (or of flagged texts) that were planted. CPU-seconds count all threads.
"""

import argparse
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet

COPIES = 50  # one text in so many
CHANGES = ("case", "drop 5%", "drop 10%", "drop 20%", "replace 10%", "swap 5%", "first half")

WORKERS = {
    "holdfast": """
import pyarrow.parquet as pq
import holdfast.audit.runner as runner
from holdfast.data.inference import describe
table = pq.read_table(path)
dataset = describe("texts", table, kinds={"text": "text"})
runner.Facts({"dataset": describe("few", table.slice(0, 100), kinds={"text": "text"})})["text_pairs"]  # imports
start()
facts = runner.Facts({"dataset": dataset})
pairs = facts["text_pairs"][0]
first = facts["row_groups"].first(np.ones(len(dataset), dtype=bool))
left, right = first[pairs.left], first[pairs.right]
stop(np.stack([left, right]), None)
""",
    "datasketch": """
import pyarrow.parquet as pq
from datasketch import MinHash, MinHashLSH
texts = pq.read_table(path)["text"].to_pylist()
start()
index, signatures = MinHashLSH(threshold=0.7, num_perm=128), []
for number, text in enumerate(texts):
    signature = MinHash(num_perm=128)
    signature.update_batch([word.encode() for word in set(text.lower().split())])
    index.insert(number, signature)
    signatures.append(signature)
pairs = [(a, b) for a, signature in enumerate(signatures) for b in index.query(signature) if a < b]
stop(np.array(pairs, dtype=np.int64).reshape(-1, 2).T, None)
""",
    "rensa": """
import pyarrow.parquet as pq
from rensa import RMinHash, RMinHashLSH
texts = pq.read_table(path)["text"].to_pylist()
start()
signatures = RMinHash.from_token_sets([text.lower().split() for text in texts], 128, 42)
index = RMinHashLSH(threshold=0.7, num_perm=128, num_bands=16)
index.insert_many(signatures)
pairs = [(a, b) for a, found in enumerate(index.query_all(signatures)) for b in found if a < b]
stop(np.array(pairs, dtype=np.int64).reshape(-1, 2).T, None)
""",
    "rensa, flags only": """
import pyarrow.parquet as pq
from rensa import RMinHash, RMinHashLSH
texts = pq.read_table(path)["text"].to_pylist()
start()
matrix = RMinHash.digest_matrix_from_token_sets([text.lower().split() for text in texts], 128, 42)
flags = RMinHashLSH(threshold=0.7, num_perm=128, num_bands=16).query_duplicate_flags_matrix_one_shot(matrix)
stop(None, np.array(flags))
""",
}
FRAME = """
import json, resource, sys, time
import numpy as np
path, out = sys.argv[1:]
def start():
    global cpu, before
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu = time.process_time()
def stop(pairs, flags):
    seconds = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    np.savez(out, **({"pairs": pairs} if flags is None else {"flags": flags}))
    print(json.dumps({"seconds": seconds, "peak": peak, "before": before}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", nargs="+", type=float, default=[1e4, 1e5])
    parser.add_argument("--tools", nargs="+", default=list(WORKERS), choices=list(WORKERS))
    parser.add_argument("--most-datasketch", type=float, default=1e5, help="texts above which datasketch is left out")
    args = parser.parse_args()
    for count in args.texts:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "texts.parquet"
            truth = write_texts(path, int(count))
            size = pa.parquet.read_table(path).nbytes / 1e6
            print(f"\n{int(count):,} texts, {size:,.0f} MB, {len(truth):,} planted copies\n")
            print(
                "| tool | texts a CPU-s | CPU-s | peak MB (before) | recall | precision | " + " | ".join(CHANGES) + " |"
            )
            print("|---|---|---|---|---|---|" + "---|" * len(CHANGES))
            for tool in args.tools:
                if not find_spec(tool.partition(",")[0]):
                    print(f"| {tool} | not installed |")
                elif tool == "datasketch" and count > args.most_datasketch:
                    print(f"| {tool} | left out at this size |")
                else:
                    report(tool, path, int(count), truth)


def write_texts(path: Path, n: int) -> list[tuple[int, int, str]]:
    """Write `n` texts in a random order and return (copy, source, change) for each planted copy."""
    from holdfast.audit.cases.texts import edited, sentences, vocabulary

    rng = np.random.default_rng(0)
    words = vocabulary(50_000)
    weight = 1.0 / (np.arange(len(words)) + 3.0)
    weight /= weight.sum()
    n_copies = n // COPIES
    texts: list[str] = []
    while len(texts) < n - n_copies:
        lengths = rng.integers(50, 151, size=min(10_000, n - n_copies - len(texts)))
        drawn, at = words[rng.choice(len(words), size=int(lengths.sum()), p=weight)].tolist(), 0
        for length in lengths.tolist():
            texts.append(sentences(drawn[at : at + length]))
            at += length
    sources = rng.choice(len(texts), size=n_copies, replace=False)
    changes = [CHANGES[place % len(CHANGES)] for place in range(n_copies)]
    for source, change in zip(sources.tolist(), changes, strict=True):
        text = texts[source]
        how, _, share = change.partition(" ")
        if how == "case":
            text = text.upper().replace(".", " !")
        elif how == "first":
            text = text[: len(text) // 2]
        else:
            text = edited(rng, text, float(share.rstrip("%")) / 100, how)
        texts.append(text)
    order = rng.permutation(n)
    place = np.argsort(order)
    table = pa.table({"text": pa.array([texts[old] for old in order.tolist()], pa.large_string())})
    pa.parquet.write_table(table, path)
    first = n - n_copies
    return [(int(place[first + k]), int(place[source]), changes[k]) for k, source in enumerate(sources.tolist())]


def report(tool: str, path: Path, n: int, truth: list[tuple[int, int, str]]) -> None:
    out = path.with_name("found.npz")
    script = FRAME + WORKERS[tool]
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"| {tool} | failed: {done.stderr.strip().splitlines()[-1][:200]} |")
        return
    spent = json.loads(done.stdout.splitlines()[-1])
    found = np.load(out)
    if "flags" in found:
        flags = found["flags"].astype(bool)
        hits = [bool(flags[copy] and flags[source]) for copy, source, _ in truth]
        planted = {row for copy, source, _ in truth for row in (copy, source)}
        precision = sum(row in planted for row in np.flatnonzero(flags).tolist()) / max(1, int(flags.sum()))
    else:
        pairs = {(min(a, b), max(a, b)) for a, b in found["pairs"].T.tolist()}
        planted_pairs = {(min(a, b), max(a, b)) for a, b, _ in truth}
        hits = [(min(a, b), max(a, b)) in pairs for a, b, _ in truth]
        precision = len(pairs & planted_pairs) / max(1, len(pairs))
    by_change = [
        np.mean([hit for hit, (_, _, name) in zip(hits, truth, strict=True) if name == change]) for change in CHANGES
    ]
    cells = [
        tool,
        f"{n / spent['seconds']:,.0f}",
        f"{spent['seconds']:.1f}",
        f"{spent['peak'] / 1024:,.0f} ({spent['before'] / 1024:,.0f})",
        f"{np.mean(hits):.3f}",
        f"{precision:.3f}",
        *(f"{share:.2f}" for share in by_change),
    ]
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
