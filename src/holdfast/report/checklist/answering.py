"""One answer written into the file of answers, everything else in it left as it stands: comments, order, blank lines.

The file is edited line by line, and what comes out is read again: where it does not say exactly what was meant, nothing
is written, and the person is asked to do it by hand.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from holdfast.core.durable import write_whole
from holdfast.core.errors import BadInput, unknown
from holdfast.report.checklist import lones, reforms
from holdfast.report.checklist.answers import MOST_CHARACTERS, read, write_questions
from holdfast.report.checklist.document import Answer
from holdfast.report.checklist.items import Item

Table = Literal["reforms", "lones"]
_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?\Z")
_COMMENTED = re.compile(r"\s*#\s*holds\s*=")


def answer_item(path: Path, table: Table, item: str, answer: Answer, *, before: Answer | None = None) -> None:
    """Write what a person said about an item; the file is made with all questions in it where there is none.

    `before` is the answer that the person saw; raises BadInput where somebody changed it meanwhile, for an item that is
    not there, for an answer longer than a page, and where the file cannot be edited safely.
    """
    known = {one.id: one for module in {"reforms": reforms, "lones": lones}[table].MODULES for one in module.items}
    if item not in known:
        raise unknown("item", item, known, where=table)
    if len(answer.answer) > MOST_CHARACTERS:
        raise BadInput(f"the answer has {len(answer.answer):,} characters, more than a page ({MOST_CHARACTERS:,})")
    write_questions(path)
    standing: dict[str, Answer] = getattr(read(path), table)
    if before is not None and standing.get(item, Answer()) != before:
        raise BadInput(f"the answer to {item} was changed in {path} meanwhile; look at it again before you answer")
    text = path.read_text("utf-8")
    edited = with_answer(text, table, known[item], answer)
    wanted = tomllib.loads(text)
    wanted.setdefault(table, {})[item] = _fields(answer)
    try:
        is_meant = _same(tomllib.loads(edited), wanted)
    except tomllib.TOMLDecodeError:
        is_meant = False
    if not is_meant:
        raise BadInput(f"{path} is laid out in a way that cannot be edited here: answer {item} in the file itself")
    try:
        write_whole(path, edited.encode())
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from error


def with_answer(text: str, table: str, item: Item, answer: Answer) -> str:
    """Return the text of a file of answers with one answer in it, or in place of the one before."""
    lines = text.split("\n")
    at = next((i for i, line in enumerate(lines) if _names(line, table, item.id)), None)
    key = item.id if item.id.isalnum() else json.dumps(item.id)
    if at is None:
        words, claim = _written(answer, item)
        return "\n".join([*_trimmed(lines), "", f"[{table}.{key}]", *words, *claim, ""])
    stop = next((i for i in range(at + 1, len(lines)) if _HEADER.match(lines[i])), len(lines))
    body: list[str] = []
    places: dict[str, int] = {}
    i = at + 1
    while i < stop:
        key_here, end = _value(lines, i, stop)
        if key_here:
            places.setdefault(key_here, len(body))
        else:
            body.append(lines[i])
        i = end + 1
    behind = next((i for i, line in enumerate(body) if not line.strip()), len(body))  # the comments that ask
    words, claim = _written(answer, item)
    for name, line in (("holds", claim), ("answer", words)):  # the later one first, so that places still hold
        place = places.get(name, behind)
        body[place:place] = line
    return "\n".join([*lines[: at + 1], *body, *lines[stop:]])


def _written(answer: Answer, item: Item) -> tuple[list[str], list[str]]:
    """Return the lines of the words and of the claim."""
    words = [f"answer = {_quoted(answer.answer)}"] if answer.answer or item.question else []
    if answer.holds is None:
        return words, ["# holds = true"] if item.claim else []
    return words, [f"holds = {str(answer.holds).lower()}"]


def _quoted(text: str) -> str:
    """Return a TOML string; one with several lines keeps them."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007F")
    if "\n" not in text or "\\\\n" in escaped:  # a backslash before an n is no line break
        return f'"{escaped}"'
    lines = escaped.replace("\\n", "\n")
    return f'"""\n{lines}"""'


def _value(lines: list[str], start: int, stop: int) -> tuple[str, int]:
    """Return which value begins on a line, empty if none does, and the line where it ends."""
    if _COMMENTED.match(lines[start]):
        return "holds", start
    found = re.match(r"\s*(answer|holds)\s*=", lines[start])
    for end in range(start, stop) if found else ():
        try:
            tomllib.loads("\n".join(lines[start : end + 1]))
        except tomllib.TOMLDecodeError:
            continue
        return (found[1] if found else ""), end
    return "", start


def _names(line: str, table: str, item: str) -> bool:
    found = _HEADER.match(line)
    if not found:
        return False
    try:
        return tomllib.loads(f"[{found[1]}]") == {table: {item: {}}}
    except tomllib.TOMLDecodeError:
        return False


def _trimmed(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def _fields(answer: Answer) -> dict[str, Any]:
    said: dict[str, Any] = {"answer": answer.answer} if answer.answer else {}
    return said if answer.holds is None else {**said, "holds": answer.holds}


def _same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Return whether two files say the same; an empty answer says nothing."""

    def plain(values: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {one: {k: v for k, v in said.items() if v != ""} for one, said in part.items()}
            if isinstance(part, dict)
            else part
            for name, part in values.items()
        }

    return plain(found) == plain(wanted)
