"""The documentation site: every page is in its navigation, links lead somewhere, the reference is complete."""

import importlib
import inspect
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import click
import pytest

import holdfast
from holdfast.audit import catalogue
from holdfast.cli.main import holdfast as program

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))
import make_reference  # noqa: E402 a script in docs/
import make_site  # noqa: E402
import reference_python  # noqa: E402

LINK = re.compile(r"(?<!\\)\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def ismodule(module, name):
    return inspect.ismodule(getattr(importlib.import_module(module), name))


@cache
def pages():
    return make_site.pages()


def named(nav):
    for entry in nav:
        for below in entry.values():
            yield from named(below) if isinstance(below, list) else [below]


def navigation():
    return list(named(tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]))


def anchors(text):
    """The ids of headings, as Python-Markdown makes them."""
    for line in FENCE.sub("", text).splitlines():
        if line.startswith("#"):
            words = re.sub(r"[^\w\s-]", "", line.lstrip("#").strip().lower())
            yield re.sub(r"[-\s]+", "-", words).strip("-")


def test_every_page_is_in_the_navigation_once():
    assert sorted(navigation()) == sorted(pages())


def test_links_lead_to_pages_headings_and_pictures():
    wrong = []
    for name, text in pages().items():
        for path, heading in LINK.findall(FENCE.sub("", text)):
            target = (DOCS / name).parent / path if path else DOCS / name
            place = Path(re.sub(r"[^/]+/\.\./", "", target.relative_to(DOCS).as_posix())).as_posix()
            known = place in pages() or (DOCS / place).is_file()
            if not known or (heading and place in pages() and heading not in anchors(pages()[place])):
                wrong.append(f"{name}: {path}#{heading}")
    assert wrong == []


def test_every_page_has_one_title():
    for name, text in pages().items():
        assert len(re.findall(r"^# ", FENCE.sub("", text), re.MULTILINE)) == 1, name
        assert text.startswith("# "), name


def test_the_reference_has_every_command_and_option():
    page = pages()["reference/commands.md"]
    commands = dict(make_reference.walk(program, "holdfast"))
    assert len(commands) > 30
    for path, command in commands.items():
        _, mark, below = page.partition(f"# {path}\n")
        assert mark, path
        own = below.partition("\n## ")[0].partition("\n### ")[0]
        options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
        if not isinstance(command, click.Group):
            assert [one.opts[0] for one in options if f"`{one.opts[0]}" not in own and one.opts[0] not in own] == []


def test_the_reference_has_every_check_with_its_reasons_options_and_papers():
    listed = pages()["reference/checks.md"]
    for check in catalogue.checks().values():
        assert f"[{check.name}](checks/{check.family}.md#{check.name})" in listed
        own = pages()[f"reference/checks/{check.family}.md"].partition(f"## {check.name}\n")[2].partition("\n## ")[0]
        for heading in ("Why it matters", "How it works", "Limits", "Fix"):
            assert f"**{heading}.**" in own, (check.name, heading)
        assert all(f".{option.name}`" in own for option in check.options)
        assert all(reference.url in own for reference in check.references)


def test_the_reference_has_every_public_name_and_every_setting():
    page = pages()["reference/python.md"]
    for name in holdfast.__all__:
        assert "### " + name.replace("__", r"\_\_") + "\n" in page
    settings = pages()["reference/settings.md"]
    for _, _, model in make_reference.SETTINGS:
        for kind in (model, *make_reference.nested(model)):
            assert all(f"| `{field.alias or name}` |" in settings for name, field in kind.model_fields.items())


def test_what_pages_import_in_examples_is_there():
    public = reference_python.public()
    for name, text in pages().items():
        for module, names in reference_python.imported(text):
            documented = public.get(module, [])
            for one in (name for name in names if not ismodule(module, name)):
                assert one in documented or any(one in others for others in public.values()), (name, module, one)


@pytest.mark.slow
def test_the_site_builds_without_a_broken_link_and_asks_the_web_for_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["make_site.py", str(tmp_path)])
    assert make_site.main([str(tmp_path)]) == 0
    for page in (tmp_path / "site").rglob("*.html"):
        text = page.read_text("utf-8")
        assert not re.search(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//', text), page
