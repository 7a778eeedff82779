"""How quick and how small the dashboard is with many runs.

    python benchmarks/speed/dashboard.py                     5,000 runs, 200,000 findings
    python benchmarks/speed/dashboard.py --runs 500 --json   fewer, for machines

Start-up is the CPU of a process from its start to its first answer, over an index that is there; memory is its resident
set after every page was asked for twice. A page's time is that of the second call, from a client on the same machine.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from holdfast.core.finding import Finding, Location, Measure, Series, Severity
from holdfast.core.record import CheckResult, Environment, Estimate, HonestScore, InputRecord, Run, Section, Status
from holdfast.core.store import RunStore, as_json

TITLES = 60  # data sets that the runs are about
CHECKS = 90
PAGES = {
    "runs": "/runs",
    "runs, page 40": "/runs?page=40",
    "runs, searched": "/runs?text=too+good&order=worst",
    "a run": "/runs/{last}",
    "its report": "/runs/{last}/report",
    "two runs": "/compare?a={first}&b={last}",
    "findings": "/findings",
    "findings, page 500": "/findings?page=500",
    "findings, searched": "/findings?text=column+17",
    "findings that are gone": "/findings?state=gone&severity=error",
    "a finding": "/findings/1",
    "generations": "/generations",
    "data": "/data",
    "review": "/review",
    "checks": "/checks",
    "a check": "/checks/split-overlap",
    "checklist": "/checklist?run={last}",
}


def make(store: RunStore, runs: int, each: int) -> tuple[str, str]:
    """Write runs with `each` findings, one in fifty about generations; return the first and the last id."""
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    around = Environment(holdfast="1", python="3.12", platform="x")
    names = []
    for number in range(runs):
        at = begun + timedelta(minutes=7 * number)
        name = f"{at:%Y%m%d-%H%M%S}-{number % 65536:04x}"
        names.append(name)
        title = f"table-{number % TITLES}.csv"
        results = [result(number, check, each) for check in range(CHECKS)]
        score = 0.6 + (number * 37 % 300) / 1000
        honest = HonestScore(
            status="estimated", metric="roc_auc", higher_is_better=True,
            claimed=Estimate(value=score + 0.1, low=score + 0.08, high=score + 0.12),
            honest=Estimate(value=score, low=score - 0.02, high=score + 0.02),
            inflation=Estimate(value=0.1, low=0.05, high=0.15),
        )  # fmt: skip
        run = Run(
            id=name, started=at, title=title, environment=around, results=tuple(results), honest=honest, seconds=3.0,
            n_rows=10_000, command=("audit", title, "--label", "y"), config={"seed": number % 7},
            inputs=(InputRecord(name=title, start=0, stop=10_000, digest=f"b2:{number % 11:032x}"),),
        )  # fmt: skip
        if number % 50 == 1:
            run = generations(run)
        folder = store.folder / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_bytes(as_json(run))
    return names[0], names[-1]


def result(number: int, check: int, each: int) -> CheckResult:
    """Return what a check came to; the findings of a run are about other columns from time to time."""
    per = each // 20
    found = tuple(
        Finding(
            message=f"column {place} of table {number % TITLES} is wrong in {number % 97} rows, far more than chance",
            check=f"check-{check}",
            severity=list(Severity)[check % 3],
            locations=(Location(columns=(f"column-{place}", f"from-{number // (TITLES * 4)}")),),
            evidence=(Measure(name="rows", value=number % 97, threshold=5),),
            fix="Look at it.",
        )
        for place in range(per)
    ) if check < 20 else ()  # fmt: skip
    return CheckResult(
        check=f"check-{check}", title="Something is wrong", family="quality",
        status=Status.FOUND if found else Status.PASSED, findings=found,
    )  # fmt: skip


def generations(run: Run) -> Run:
    """Return the run as one about generations, with two curves and theory over them."""
    x = tuple(range(40)) * 2
    curve = Series(
        name="replace", x=x, y=tuple(0.9**one for one in x), group=("simulated",) * 40 + ("theory: variance",) * 40,
        x_name="generation", y_name="variance",
    )  # fmt: skip
    section = Section(title="Variance", says=("It falls.",), evidence=(curve, curve))
    more = {"kind": "collapse", "sections": (section,), "says": "Variance falls.", "honest": None}
    return run.model_copy(update=more)


def cpu_of(process: int) -> float:
    """Return the CPU seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(process: int) -> float:
    """Return the resident set of a process, in MB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


class Server:
    """A dashboard in a process of its own, and a client that came in."""

    def __init__(self, store: Path) -> None:
        """Start it and come in."""
        command = [sys.executable, "-m", "holdfast", "serve", "--runs", str(store), "--port", "0"]
        around = {**os.environ, "HOLDFAST_TOKEN": ""}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=around)
        address = self.process.stdout.readline().strip()
        self.port, self.token = int(re.search(r":(\d+)/", address)[1]), address.partition("token=")[2]
        self.get("/static/dashboard.css")

    def get(self, path: str) -> tuple[float, int, bytes]:
        """Return seconds, status and body of an answer."""
        client = HTTPConnection("127.0.0.1", self.port, timeout=300)
        begun = time.perf_counter()
        client.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        answer = client.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - begun
        client.close()
        return seconds, answer.status, body

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        self.process.send_signal(2)
        self.process.wait(10)


def measured(runs: int, findings: int, folder: Path) -> dict[str, object]:
    """Return all figures."""
    store = RunStore(folder / ".holdfast")
    names = sorted(store.ids())
    first, last = (names[0], names[-1]) if names else make(store, runs, findings // runs)
    server = Server(store.root)
    begun = time.perf_counter()
    while True:
        _, status, body = server.get("/runs")
        if status == 200 and b"Reading runs" not in body and f"{runs:,} runs".encode() in body:
            break
        if status != 200 or time.perf_counter() - begun > 600:
            raise SystemExit(f"the list of runs answers {status}")
        time.sleep(0.2)
    indexed = cpu_of(server.process.pid)
    server.get("/findings")
    server.stop()
    server = Server(store.root)
    start = cpu_of(server.process.pid)
    alone = memory_of(server.process.pid)
    seconds, spent, wrong = {}, {}, []
    for name, path in PAGES.items():
        place = path.format(first=first, last=last)
        server.get(place)
        before = cpu_of(server.process.pid)
        calls = [server.get(place) for _ in range(5)]
        seconds[name], status = calls[0][:2]
        spent[name] = (cpu_of(server.process.pid) - before) / len(calls)
        if status != 200 and name != "its report":
            wrong.append(f"{name}: {status}")
    after = memory_of(server.process.pid)
    server.stop()
    if wrong:
        raise SystemExit(", ".join(wrong))
    size = sum(one.stat().st_size for one in store.root.glob("index.sqlite*")) / 1e6
    return {"runs": runs, "findings": findings, "index cpu s": round(indexed, 1), "index MB": round(size, 1),
            "start cpu s": round(start, 2), "memory MB": round(alone), "memory after all pages MB": round(after),
            "second call, ms": {name: round(one * 1000) for name, one in seconds.items()},
            "cpu of a call, ms": {name: round(one * 1000) for name, one in spent.items()}}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--findings", type=int, default=0, help="in all; 40 a run, where nothing is said")
    parser.add_argument("--keep", type=Path, help="a folder for the runs, used again where it holds them")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(asked.runs, asked.findings or 40 * asked.runs, asked.keep or Path(folder))
    if asked.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            print(name)
            for page, one in value.items():
                print(f"  {page:24} {one:5} ms")
        else:
            print(f"{name:26} {value:,}")


if __name__ == "__main__":
    main()
