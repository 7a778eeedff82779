"""The answers of people: a TOML file that is written once, with the questions in it, and then only read.

study = "Affairs, 1974"

[reforms.1a]
answer = "Married women who read the magazine"

[reforms.6b]
holds = true
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from holdfast.core.config import checked, read_toml
from holdfast.core.errors import BadInput, unknown
from holdfast.core.finding import FROZEN
from holdfast.report.checklist import lones, reforms
from holdfast.report.checklist.document import Answer
from holdfast.report.checklist.items import Item

FILE_NAME = "reforms.toml"
MOST_CHARACTERS = 5000  # of an answer: a page

HEAD = f"""\
# What only people can say about a study. `holdfast checklist` reads this file and never changes it.
#
#   answer   in your own words
#   holds    true or false: whether the claim above it holds. What the runs found is held against it.
#
# REFORMS: {reforms.URL}   ({reforms.SOURCE})
# Lones:   {lones.URL}   ({lones.SOURCE})

study = ""
"""


class Answers(BaseModel):
    """All that people said, by item."""

    model_config = FROZEN
    study: str = Field("", max_length=500)
    reforms: dict[str, Answer] = {}
    lones: dict[str, Answer] = {}


def read(path: Path) -> Answers:
    """Return the answers in a file. Raises BadInput that names the file, the line and the key."""
    values = read_toml(path)
    _refuse_unknown_keys(values, path)
    found = checked(Answers, values, path)
    for table, known, given in (("reforms", reforms, found.reforms), ("lones", lones, found.lones)):
        ids = [item.id for module in known.MODULES for item in module.items]
        for one, answer in given.items():
            if one not in ids:
                raise unknown("item", one, ids, where=f"{table} in {path}")
            if len(answer.answer) > MOST_CHARACTERS:
                raise BadInput(
                    f"{path} {table}.{one}: the answer has {len(answer.answer):,} characters, more than a page "
                    f"({MOST_CHARACTERS:,}); say it shorter and link to the rest"
                )
    return found


def _refuse_unknown_keys(values: dict[str, Any], path: Path) -> None:
    for table in ("reforms", "lones"):
        sections = values.get(table)
        for one, section in sections.items() if isinstance(sections, dict) else ():
            for key in section if isinstance(section, dict) else ():
                if key not in Answer.model_fields:
                    raise unknown("key", key, Answer.model_fields, where=f"{table}.{one} of {path}")


def write_questions(path: Path) -> bool:
    """Write the file with every question and no answer, unless there is a file; return whether it was written.

    Raises BadInput when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(questions())
    except FileExistsError:
        if path.is_file():
            return False
        raise BadInput(f"{path} is not a file; the answers go to a file such as {FILE_NAME}") from None
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from error
    return True


def questions() -> str:
    """Return the file as it is before anybody answered."""
    parts = [HEAD]
    for module in reforms.MODULES:
        asked = [item for item in module.items if item.question or item.claim]
        if asked:
            parts.append(f"\n# --- {module.title} {'-' * max(3, 90 - len(module.title))}")
        parts.extend("\n".join(_section("reforms", item)) for item in asked)
    parts.append(f"\n# --- {lones.TITLE}: what the items above do not cover {'-' * 40}")
    alone = [item for module in lones.MODULES for item in module.items if item.filled_by == "person" and not item.see]
    parts.extend("\n".join(_section("lones", item)) for item in alone)
    return "\n".join(parts) + "\n"


def _section(table: str, item: Item) -> Iterator[str]:
    key = item.id if item.id.isalnum() else f'"{item.id}"'
    yield f"\n[{table}.{key}]"
    yield f"# {item.asks}."
    if item.question:
        yield from textwrap.wrap(item.question, 110, initial_indent="# ", subsequent_indent="# ")
        yield 'answer = ""'
    if item.claim:
        yield from textwrap.wrap(f"Claim: {item.claim}", 110, initial_indent="# ", subsequent_indent="# ")
        yield "# holds = true"
