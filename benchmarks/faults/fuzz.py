"""Damage files of every format, byte by byte: loading and a small audit end in a report or in a plain refusal.

    python benchmarks/faults/fuzz.py --inputs 20000

Every outcome must be a finished run in which no check crashed, or a HoldfastError of one paragraph; within 10 seconds
and a bounded growth of memory. The work is done in a child process, so that a crash below Python, a hang or a flood of
memory is seen, blamed on its input and survived. Damaged inputs that show a fault are kept in the folder `--keep`.
"""

import argparse
import csv
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

SECONDS = 10.0  # of CPU, for one input
MEMORY = 2 << 30  # bytes that one input may add to the process
SHOWN = 5  # faults printed in full
WHOLE_EVERY = 20  # every so many inputs go through all checks, the others through the cheap families
INTERESTING = (
    b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\n", b"\r\n", b'"', b'""', b",",
    b";", b"\t", b"|", b"NaN", b"inf", b"-0", b"1e999", b"9" * 40, b"2020-02-30", b"\xe2\x80\xae", b"\x1b[31m", b"{",
    b"}", b"[", b"]", b"\\", b"\\ud800", b"null", b"<script>", b"=cmd()", b"PAR1", b"ARROW1", b"PK\x03\x04",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        work(Path(arguments.child[0]), range(int(arguments.child[1]), arguments.inputs), arguments.seed)
        return 0
    with TemporaryDirectory() as folder:
        counts, faults = campaign(Path(folder), arguments.inputs, arguments.seed, arguments.keep)
    for outcome, n in counts.most_common():
        print(f"{n:7,}  {outcome}")
    for fault, n in Counter(fault.rstrip().rpartition("\n")[2][:200] for fault in faults).most_common():
        print(f"{n:7,}  fault: {fault}")
    print("\n\n".join(faults[:SHOWN]) or "no fault")
    return int(bool(faults))


def campaign(folder: Path, inputs: int, seed: int, keep: Path | None = None) -> tuple[Counter[str], list[str]]:
    """Return how many inputs ended how, and what went wrong."""
    write_originals(folder / "originals")
    log = folder / "log.jsonl"
    log.touch()
    begin = 0
    while begin < inputs:
        command = [
            sys.executable,
            __file__,
            "--inputs",
            str(inputs),
            "--seed",
            str(seed),
            "--child",
            str(folder),
            str(begin),
        ]
        begin = watched(command, folder, begin, inputs, name_of=lambda number: damaged(folder, number, seed).name)
    counts: Counter[str] = Counter()
    faults = []
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        counts[entry["outcome"]] += 1
        if entry["fault"]:
            faults.append(f"input {entry['number']} ({entry['name']}): {entry['fault']}")
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                path = damaged(folder, entry["number"], seed)
                shutil.copy(path, keep / f"{entry['number']}-{path.name}")
    return counts, faults


def watched(command: list[str], folder: Path, begin: int, inputs: int, *, name_of: Callable[[int], str]) -> int:
    """Run a child until it ends; blame the input at hand if it died or hung. Return the number to go on with."""
    with (folder / "errors.txt").open("wb") as errors:
        child = subprocess.Popen(command, stderr=errors, stdin=subprocess.DEVNULL, start_new_session=True)
        seen, since = -1, time.monotonic()
        while child.poll() is None:
            time.sleep(0.2)
            number = at_hand(folder)
            if number != seen:
                seen, since = number, time.monotonic()
            elif time.monotonic() - since > 20 * SECONDS:  # wall time, on a machine that others use too
                child.send_signal(signal.SIGABRT)
                child.wait()
    if child.returncode == 0:
        return inputs
    number = max(at_hand(folder), begin)
    tail = (folder / "errors.txt").read_text(errors="replace")[-2000:]
    fault = f"the process died with {child.returncode}: {tail}"
    with (folder / "log.jsonl").open("a") as lines:
        lines.write(json.dumps({"number": number, "name": name_of(number), "outcome": "died", "fault": fault}) + "\n")
    return number + 1


def at_hand(folder: Path) -> int:
    """Return the number of the input that the child is busy with."""
    try:
        return int((folder / "at-hand").read_text() or -1)
    except (OSError, ValueError):
        return -1


def work(folder: Path, numbers: range, seed: int) -> None:
    """Load and audit damaged inputs, and write how each of them ended."""
    import faulthandler

    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    log = (folder / "log.jsonl").open("a")
    for number in numbers:
        (folder / "at-hand").write_text(str(number))
        path = damaged(folder, number, seed)
        outcome, fault = ended(partial(audited, path, whole=number % WHOLE_EVERY == 0))
        log.write(json.dumps({"number": number, "name": path.name, "outcome": outcome, "fault": fault}) + "\n")
        log.flush()
        path.unlink()


def ended(act: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """Return how an act on an input ended, and what is wrong with that, if anything: its own word, or what it took."""
    from holdfast.core.errors import HoldfastError

    forget_peak()
    before, started = peak_bytes(), time.process_time()
    try:
        outcome, fault = act()
    except HoldfastError as error:
        text = str(error)
        outcome = f"refused: {type(error).__name__}"
        fault = "" if "\n" not in text and 0 < len(text) < 2000 else f"not one paragraph: {text[:3000]}"
    except Exception:  # noqa: BLE001 this is what the campaign looks for
        outcome, fault = "traceback", traceback.format_exc()
    seconds, grown = time.process_time() - started, peak_bytes() - before
    if not fault and seconds > SECONDS:
        fault = f"took {seconds:.1f} s of CPU"
    if not fault and grown > MEMORY:
        fault = f"took {grown / 1e9:.1f} GB"
    return outcome, fault


def audited(path: Path, *, whole: bool) -> tuple[str, str]:
    from holdfast.audit.settings import AuditSettings
    from holdfast.audit.verb import audit_dataset
    from holdfast.core.record import Status
    from holdfast.data.loading import load

    dataset = load({"all": path})
    label = next((column.name for column in reversed(dataset.columns) if column.role == "feature"), None)
    if label is not None:
        dataset = load({"all": path}, roles={label: "label"})
    select = () if whole else ("duplicates", "quality")
    settings = AuditSettings(label=label, select=select, honest={"enabled": False})
    run = audit_dataset(dataset, settings)
    run.model_dump_json()
    crashed = [result for result in run.results if result.status is Status.CRASHED]
    return "report", "".join(f"{result.check}: {result.trace}" for result in crashed)


def forget_peak() -> None:
    """Let the system count the peak of memory anew."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """Return the most memory that this process has held since the peak was forgotten."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def damaged(folder: Path, number: int, seed: int) -> Path:
    """Write and return input `number`: one of the originals after one to eight mutations."""
    rng = random.Random(f"{seed}-{number}")
    originals = sorted((folder / "originals").iterdir())
    original = originals[number % len(originals)]
    content = bytearray(original.read_bytes())
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        content = mutated(content, rng, originals)
    name = original.name
    if rng.random() < 0.05:
        name = f"renamed{rng.choice(originals).name.removeprefix('original')}"
    path = folder / name
    path.write_bytes(content)
    return path


def mutated(content: bytearray, rng: random.Random, originals: list[Path]) -> bytearray:
    """Return the content with one change: bits, bytes, pieces removed, repeated, moved, cut or taken from elsewhere."""
    n = len(content)
    at = (
        rng.randrange(n + 1)
        if rng.random() < 0.7
        else rng.choice((0, min(n, rng.randrange(64)), max(0, n - rng.randrange(64))))
    )
    size = min(n - at, rng.choice((1, 1, 2, 4, 8, 64, 512)))
    kind = rng.randrange(10)
    if kind == 0 and at < n:
        content[at] ^= 1 << rng.randrange(8)
    elif kind == 1 and at < n:
        content[at] = rng.randrange(256)
    elif kind == 2:
        del content[at : at + size]
    elif kind == 3:
        content[at:at] = content[at : at + size] * rng.choice((1, 2, 100))
    elif kind == 4:
        content[at:at] = rng.choice(INTERESTING) * rng.choice((1, 1, 1, 50))
    elif kind == 5:
        content[at : at + size] = rng.randbytes(size)
    elif kind == 6:
        del content[at:]
    elif kind == 7:
        piece = content[at : at + size]
        del content[at : at + size]
        place = rng.randrange(len(content) + 1)
        content[place:place] = piece
    elif kind == 8:
        other = rng.choice(originals).read_bytes()
        start = rng.randrange(len(other))
        content[at:at] = other[start : start + rng.choice((4, 64, 1024))]
    else:
        width = rng.choice((2, 4, 8))
        number = rng.choice((0, 1, 0x7F, 0xFF, 1 << 15, 1 << 31, (1 << 31) - 1, (1 << 63) - 1, (1 << 64) - 1))
        content[at : at + width] = (number % (1 << (8 * width))).to_bytes(width, rng.choice(("little", "big")))
    return content


def write_originals(folder: Path) -> None:
    """Write the sound files: one table in every format and manner of writing that loading knows."""
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    folder.mkdir(parents=True, exist_ok=True)
    table = sound_table()
    names = table.column_names
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    texts = [["" if value is None else str(value) for value in row] for row in rows]

    def path(ending: str) -> Path:
        return folder / f"original{ending}"

    def delimited(mark: str, header: bool = True, quoting: int = csv.QUOTE_MINIMAL) -> str:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=mark, quoting=quoting, lineterminator="\n")
        writer.writerows([names, *texts] if header else texts)
        return text.getvalue()

    path(".csv").write_text(delimited(","))
    path(".headless.csv").write_text(delimited(",", header=False))
    path(".tsv").write_text(delimited("\t"))
    path(".quoted.csv").write_bytes(delimited(",", quoting=csv.QUOTE_ALL).replace("\n", "\r\n").encode())
    path(".semicolon.csv").write_text(delimited(";").replace(".", ","), encoding="cp1252")
    path(".utf16.csv").write_text(delimited(","), encoding="utf-16")
    words = [[cell.replace(" ", "_").replace(",", "") or "?" for cell in row] for row in texts]
    path(".blanks.data").write_text("".join("  ".join(row) + "\n" for row in words))
    records = [dict(zip(names, row, strict=True)) for row in rows]
    lines = "".join(json.dumps(record, default=str) + "\n" for record in records)
    path(".jsonl").write_text(lines)
    path(".json").write_text(json.dumps(records, default=str))
    path(".columns.json").write_text(json.dumps({name: table.column(name).to_pylist() for name in names}, default=str))
    for ending, content in packed(delimited(",").encode(), lines.encode()):
        path(ending).write_bytes(content)
    encoded = table.set_column(2, "word", table.column("word").dictionary_encode())
    encoded = encoded.append_column("list", pa.array([[1, 2], None, []] * (len(table) // 3) + [[]] * (len(table) % 3)))
    pyarrow.parquet.write_table(table, path(".parquet"), compression="snappy")
    pyarrow.parquet.write_table(encoded, path(".zstd.parquet"), compression="zstd", write_page_checksum=True)
    pyarrow.parquet.write_table(encoded, path(".plain.parquet"), compression="none", use_dictionary=False)
    pyarrow.feather.write_feather(table, path(".feather"), compression="lz4")
    pyarrow.feather.write_feather(encoded, path(".arrow"), compression="uncompressed")
    with pa.ipc.new_stream(path(".arrows"), encoded.schema) as stream:
        stream.write_table(encoded, max_chunksize=20)
    write_workbook(path(".xlsx"), names, rows)


def sound_table():
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(0)
    n = 60
    return pa.table(
        {
            "number": pa.array(rng.normal(size=n).round(3), mask=rng.random(n) < 0.1),
            "whole": rng.integers(0, 50, size=n),
            "word": rng.choice(["red", "green", "bläu"], size=n),
            "truth": rng.random(n) < 0.5,
            "when": np.datetime64("2020-01-01", "us") + rng.integers(0, 10**12, size=n).astype("timedelta64[us]"),
            "text": [f"a sentence of several words, number {i}" if i % 2 else f'it "quotes" {i}' for i in range(n)],
            "y": rng.choice(["yes", "no"], size=n),
        }
    )


def packed(csv_content: bytes, json_content: bytes) -> Iterator[tuple[str, bytes]]:
    import gzip
    import zipfile

    import pyarrow as pa

    yield ".csv.gz", gzip.compress(csv_content, mtime=0)
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(json_content)
    yield ".jsonl.zst", sink.getvalue().to_pybytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("inner.csv"), csv_content)
    yield ".csv.zip", buffer.getvalue()


def write_workbook(path: Path, names: list[str], rows: list) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for row in [names, *rows]:
        sheet.append(list(row))
    book.save(path)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
