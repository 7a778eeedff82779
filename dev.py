"""Commands for a fresh machine with Python 3.11 or newer, pip, venv and a network.

    python3 dev.py demo      audit real data, and print where the report is
    python3 dev.py test      everything that CI runs
    python3 dev.py docs      build the documentation site, and print where it is
    python3 dev.py run …     pass anything on to `holdfast`, in the folder where you are

The first call makes .venv with the versions of constraints.txt; a second call starts at once.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    """Run one of the commands and return its exit code."""
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if verb not in {"demo", "test", "docs", "run"}:
        print(__doc__)
        return 2
    install("demo" if verb == "run" else verb)
    if verb == "demo":
        code = call("holdfast", "demo", *rest)
        print("Here `holdfast` is `python3 dev.py run`; or type it as it is after: source .venv/bin/activate")
        return code
    if verb == "run":
        return subprocess.run([BIN / "holdfast", *rest], check=False).returncode  # in the folder where one is
    if verb == "docs":
        return call("python", "docs/make_site.py", *rest)
    return test(rest)


def install(extra: str) -> None:
    """Make .venv, with one extra of this project in it; at once if nothing has changed since."""
    if sys.version_info < OLDEST:
        sys.exit(f"Holdfast needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")
    content = b"".join((HERE / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    wanted = hashlib.sha256(content + sys.version.encode()).hexdigest()
    stamp = VENV / f".holdfast-{extra}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("Making .venv (once; about a minute) …", flush=True)
    if (
        not (VENV / "pyvenv.cfg").is_file()
        and subprocess.run([sys.executable, "-m", "venv", VENV], check=False).returncode
    ):
        sys.exit("Python cannot make a virtual environment here. On Debian and Ubuntu: apt-get install python3-venv")
    # Python compiles what is imported; pip would compile all of torch and transformers, which takes longer than a demo.
    pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--disable-pip-version-check",
        "-c",
        HERE / "constraints.txt",
    ]
    if call("python", *pip, "-e", f"{HERE}[{extra}]"):
        sys.exit("The installation failed; what pip says is above.")
    stamp.write_text(wanted)


def test(rest: list[str]) -> int:
    """Run what CI runs: style, types, architecture, tests. With arguments: only pytest, with those."""
    browser()
    if rest:
        return call("python", "-m", "pytest", *rest)
    steps = (
        ("ruff", "check", "--output-format", "concise", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports",),
        ("python", "-m", "pytest", "-q", "-n", "2", "-m", "not slow"),
    )
    failed = [step for step in steps if call(*step)]
    for step in failed:
        print("failed:", *step)
    return 1 if failed else 0


def browser() -> None:
    """See that Chromium is there for the browser tests; install Debian's where that is possible."""
    if shutil.which("chromium") or not (shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0):
        return
    print("Installing Chromium for the browser tests …", flush=True)
    apt_get = shutil.which("apt-get")
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run([apt_get, *arguments], stdout=subprocess.DEVNULL, check=False)


def call(program: str, *arguments: object) -> int:
    """Run a program of .venv and return its exit code."""
    print("$", program, *arguments, flush=True)
    # Tests and demo begin many processes; without compiled modules each would compile thousands of them anew.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run([BIN / program, *map(str, arguments)], cwd=HERE, env=around, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
