"""A newcomer's path, timed: from `git clone` to the first report, then to the second.

    python benchmarks/speed/first_report.py [REPOSITORY]

Takes about half a minute of processor time and 600 MB in a temporary folder, which is removed. The first call fills the
cache of pip and times its downloads as well; throw its figures away.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]


def timed(what: str, folder: Path, *command: object) -> None:
    """Run a command and print its seconds, on the wall and of processors."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([str(one) for one in command], cwd=folder, check=True, capture_output=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what:34} {wall:6.1f} s   {spent:6.1f} CPU-s")


def main() -> None:
    """Time the path."""
    source = sys.argv[1] if len(sys.argv) > 1 else HERE
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        timed("git clone", folder, "git", "clone", "-q", source, "holdfast")
        home = folder / "holdfast"
        timed("dev.py demo: install, first report", home, sys.executable, "dev.py", "demo")
        timed("dev.py demo again", home, sys.executable, "dev.py", "demo")
        data = home / ".holdfast" / "demo" / "affairs.csv"
        call = (home / "dev.py", "run", "audit", data, "--label", "affair", "--fail-on", "never")
        timed("dev.py run audit, own data", folder, sys.executable, *call)


if __name__ == "__main__":
    main()
