"""Builds the documentation site: the pages of docs/, the reference made from the code, the notebooks as pages.

    python docs/make_site.py [FOLDER]

Needs the extra `docs`. The site is FOLDER/site; FOLDER is .site, if none is given. A broken link fails.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import make_reference

DOCS = Path(__file__).resolve().parent
CONFIG = DOCS.parent / "zensical.toml"
# ```python file=train.py: what tests write to a file; the site shows the file's name as a title.
NAMED_FENCE = re.compile(r"^(```\w+) file=(\S+)$", re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Build the site and return the exit code."""
    folder = Path(arguments[0]) if arguments else DOCS.parent / ".site"
    stage(folder)
    zensical = Path(sys.executable).with_name("zensical")
    if not zensical.is_file():
        sys.exit('the site is built by Zensical: pip install -c constraints.txt -e ".[docs]"')
    done = subprocess.run([zensical, "build", "--clean", "--strict"], cwd=folder, check=False)
    if done.returncode == 0:
        print(f"{folder / 'site' / 'index.html'}")
    return done.returncode


def stage(folder: Path) -> None:
    """Write what Zensical reads: its settings, and all pages with the pictures beside them."""
    shutil.rmtree(folder / "docs", ignore_errors=True)
    for name, text in pages().items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(DOCS / "images", folder / "docs" / "images")
    shutil.copy(CONFIG, folder)


def pages() -> dict[str, str]:
    """Return the text of every page by its path in the site."""
    written = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
    return {name: NAMED_FENCE.sub(r'\1 title="\2"', text) for name, text in written.items()} | make_reference.pages()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
