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
from notebook_pages import notebook_page

DOCS = Path(__file__).resolve().parent
CONFIG = DOCS.parent / "zensical.toml"
# ```python file=train.py: what tests write to a file; the site shows the file's name as a title.
NAMED_FENCE = re.compile(r"^(```\w+) file=(\S+)$", re.MULTILINE)
REPORT_STYLE = DOCS.parent / "src/holdfast/report/templates/report.css"
DARK_NOTEBOOK = re.compile(
    r'^\[data-jp-theme-light="false"\] \.hf, \.vscode-dark \.hf (\{.*?^\})', re.DOTALL | re.MULTILINE
)
NOTEBOOK = re.compile(r"\]\(([\w-]+)\.ipynb\)")  # the site has notebooks as pages
# A picture that there is for a dark page as well: the site shows the one that suits.
LIGHT_PICTURE = re.compile(r"!\[([^]]*)\]\(([\w./-]+)-light\.png\)")


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
    (folder / "docs" / "records.css").write_text(records_style(), encoding="utf-8")
    for path in DOCS.glob("*.ipynb"):
        shutil.copy(path, folder / "docs")
    shutil.copy(CONFIG, folder)


def pages() -> dict[str, str]:
    """Return the text of every page by its path in the site."""
    written = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
    notebooks = {path.with_suffix(".md").name: notebook_page(path) for path in sorted(DOCS.glob("*.ipynb"))}
    return {name: suited(text) for name, text in written.items()} | notebooks | make_reference.pages()


def records_style() -> str:
    """Return what makes records of notebooks dark on dark pages: the report's own colours."""
    dark = DARK_NOTEBOOK.search(REPORT_STYLE.read_text("utf-8"))
    assert dark, "the report's style has no dark set for notebooks"
    headings = ".md-typeset .hf :is(h1, h2, h3, h4) { color: inherit; }"
    return f'[data-md-color-scheme="slate"] .hf {dark[1]}\n{headings}\n'


def suited(text: str) -> str:
    """Return a page with names of files as titles of blocks, and pictures for light and dark pages."""
    text = NOTEBOOK.sub(r"](\1.md)", text)
    named = NAMED_FENCE.sub(r'\1 title="\2"', text)
    return LIGHT_PICTURE.sub(r"![\1](\2-light.png#only-light) ![\1](\2-dark.png#only-dark)", named)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
