"""Notebooks as pages of the site: cells, and what they show without a script."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def notebook_page(path: Path) -> str:
    """Return a notebook as Markdown, its first heading as the page's title."""
    parts = [part for cell in json.loads(path.read_text("utf-8"))["cells"] for part in cell_parts(cell)]
    title, _, rest = "\n\n".join(parts).partition("\n")
    return f"{title}\n\n*A notebook, shown as it was run: [{path.name}]({path.name}).*\n{rest}\n"


def cell_parts(cell: Mapping[str, Any]) -> Iterator[str]:
    """Yield a cell, and what it came to."""
    source = "".join(cell["source"])
    if cell["cell_type"] != "code":
        yield source
        return
    yield f"```python\n{source}\n```"
    for output in cell["outputs"]:
        shown = {
            kind: "".join(text) for kind, text in output.get("data", {"text/plain": output.get("text", "")}).items()
        }
        drawn = shown.get("text/html", "")
        # Markdown ends a block of HTML at an empty line. A chart that a script draws is told in the page beside it.
        if drawn and "<script" not in drawn and "<pre" not in drawn:
            yield " ".join(drawn.split())
        elif "text/html" not in shown:
            yield f"```text\n{shown['text/plain']}\n```"
