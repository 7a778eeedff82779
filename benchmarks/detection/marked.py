"""Parts of a page that a script writes: what stands between two comments is replaced, the rest is left as it is."""

import re
from pathlib import Path


def rewrite(page: Path, part: str, text: str) -> None:
    """Put `text` between `<!-- part -->` and `<!-- end of part -->`; add the part at the end where it is not there."""
    first, last = f"<!-- {part} -->", f"<!-- end of {part} -->"
    block = f"{first}\n\n{text.strip()}\n\n{last}"
    old = page.read_text("utf-8") if page.exists() else ""
    pattern = re.compile(re.escape(first) + r".*?" + re.escape(last), re.DOTALL)
    new = pattern.sub(lambda _: block, old) if pattern.search(old) else f"{old.rstrip()}\n\n{block}\n"
    page.write_text(new, "utf-8")


def table(columns: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)
