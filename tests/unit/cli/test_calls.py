"""A call, right and wrong: lists, the file that a report goes to, what is said of a mistake, a reader who leaves."""

import html
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import holdfast.web as holdfast_web
from holdfast.cli.data import COMMANDS as DATA
from holdfast.cli.data import data
from holdfast.cli.main import COMMANDS, holdfast
from holdfast.cli.mistakes import explained
from holdfast.cli.options import FORMAT, OUT, SEED, names
from holdfast.core.errors import BadInput
from holdfast.core.store import RunStore
from records import make_run


def commands(command, name, parent=None):
    """Yield the path and the help of a command and of all below it, 80 columns wide."""
    context = click.Context(command, info_name=name, parent=parent, terminal_width=80)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for one in command.list_commands(context):
            yield from commands(command.get_command(context, one), one, context)


HELPS = dict(commands(holdfast, "holdfast"))


@pytest.mark.parametrize("path", HELPS)
def test_help_fits_a_terminal_and_has_an_example(path):
    assert max(map(len, HELPS[path].splitlines())) <= 80
    typed = path.removesuffix(" records")  # the command of `data review` that is meant where none is named
    assert f"    {typed} " in HELPS[path] or f"    {typed}\n" in HELPS[path]


def shown_commands():
    """Return the commands that help and the pages of the dashboard tell people to type."""
    pages = [path.read_text("utf-8") for path in (Path(holdfast_web.__file__).parent / "templates").rglob("*.html")]
    texts = (re.sub(r" \\\n +", " ", text) for text in (*HELPS.values(), *map(html.unescape, pages)))
    lines = [line for text in texts for line in text.splitlines()]
    typed = [re.search(r"(?:^ {4,}|<pre[^>]*>|^|<code>)holdfast ([a-z][^<]*)", line) for line in lines]
    return sorted({re.split(r" {3,}|[>|]", one[1])[0].strip() for one in typed if one})


@pytest.mark.parametrize("typed", shown_commands())
def test_a_command_that_people_are_told_to_type_is_one(typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(re.sub(r"{{.*?}}", "X", typed))
    command, context = holdfast, click.Context(holdfast, info_name="holdfast")
    while isinstance(command, click.Group) and words and command.get_command(context, words[0]) is not None:
        command, words = command.get_command(context, words[0]), words[1:]
    command.make_context("it", [*words], parent=context)


@pytest.mark.parametrize("name", [*COMMANDS, *(f"data {one}" for one in DATA)])
def test_the_list_of_commands_is_made_without_importing_any_and_says_what_they_say_of_themselves(name):
    group, table = (data, DATA) if name.startswith("data ") else (holdfast, COMMANDS)
    command = group.get_command(None, name.removeprefix("data "))
    first = " ".join(command.help.partition("\n\n")[0].split())
    assert table[name.removeprefix("data ")][1] in {command.short_help, first}


def mistake(*arguments):
    with pytest.raises(click.UsageError) as caught:
        holdfast.main([*arguments], standalone_mode=False, prog_name="holdfast")
    return explained(caught.value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["audti", "x.csv"], "no command 'audti'. Did you mean 'audit'? Try: holdfast --help"),
        (["checks", "lst"], "no command 'lst'. Did you mean 'list'?"),
        (["zzz"], "no command 'zzz'. Commands are demo, audit, "),
        (["audit", "--lable", "y"], "no option '--lable'. Did you mean '--label'? Try: holdfast audit --help"),
        (["fix"], "--out is missing: new or empty folder. Try: holdfast fix --help"),
        (["checks", "show"], "NAME is missing. Wanted: holdfast checks show [OPTIONS] NAME."),
        (["data", "mix"], "POLICY.toml is missing. Wanted: holdfast data mix [OPTIONS] POLICY.toml."),
        (["audit", "--fail-on", "errors"], "--fail-on wants error, warning, note, never, got 'errors'. Did you mean"),
        (["audit", "--seed", "x"], "--seed: 'x' is not a valid integer."),
        (["audit", "--seed", "-1"], "--seed: wanted 0 or more, got -1."),
        (["report", "a", "b"], "got unexpected extra argument (b)."),
    ],
)
def test_a_wrong_call_is_told_in_our_words(call, said):
    assert mistake(*call).startswith(said)


@click.command()
@names("--group", metavar="COLUMN")
@SEED
@OUT
@FORMAT
def command(group, seed, out, form):
    return group, seed, out, form


def called(*arguments):
    return command.main([str(one) for one in arguments], standalone_mode=False)


def test_lists_take_commas_or_the_option_again():
    assert called("--group", "a, b", "--group", "c")[0] == ("a", "b", "c")
    assert called("--group", '"last, first",site')[0] == ("last, first", "site")
    assert called()[0] == ()


@pytest.mark.parametrize(
    ("name", "form"),
    [("r.html", "html"), ("r.sarif.json", "sarif"), ("r.md", "markdown"), ("r.XML", "junit"), ("r", "text")],
)
def test_the_name_of_a_file_says_its_format_unless_it_is_said(tmp_path, name, form):
    assert called("--out", tmp_path / name)[3] == form
    assert called("--out", tmp_path / name, "--format", "card")[3] == "card"
    assert called("--format", "card", "--out", tmp_path / name)[3] == "card"


def test_a_file_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    assert called("--out", tmp_path / "new" / "folder" / "r.html")[2].name == "r.html"
    assert not (tmp_path / "new").exists()
    with pytest.raises(BadInput, match="is a folder; name a file in it"):
        called("--out", tmp_path)
    with pytest.raises(BadInput, match="is a file, not a folder"):
        called("--out", tmp_path / "file" / "r.html")
    if os.geteuid():
        tmp_path.chmod(0o500)
        with pytest.raises(BadInput, match="no permission"):
            called("--out", tmp_path / "r.html")


def told(capsys, *arguments):
    holdfast.main([str(one) for one in arguments], standalone_mode=False, prog_name="holdfast")
    return capsys.readouterr().out.splitlines()


def test_runs_are_listed_by_what_tells_them_apart(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for number, (kind, title) in enumerate((("audit", "churn.csv"), ("collapse", "gaussian: replace, accumulate"))):
        run = make_run(f"2026010{number + 1}-000000-aaaa", kind=kind, title=title, status="finished")
        with RunStore(tmp_path).begin(run) as writer:
            writer.finish(run)
    head, newest, oldest = told(capsys, "runs", "--runs", tmp_path)
    assert head.split() == ["run", "kind", "about", "errors", "warnings", "notes"]  # all finished, no score
    assert newest.split()[:2] == ["20260102-000000-aaaa", "collapse"]
    assert "churn.csv" in oldest
    with RunStore(tmp_path).begin(make_run("20260103-000000-aaaa", kind="audit", title="x", status="running")):
        pass
    head, newest, *_ = told(capsys, "runs", "--runs", tmp_path)
    assert head.split() == ["run", "kind", "about", "status", "errors", "warnings"]
    assert "interrupted" in newest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("audit", "train.py"), "train.py is code, not data. Try: holdfast audit --code train.py"),
        (("probe", "a.py:f"), "no data given: name a file"),
        (("finetune", "boosting"), "Try: holdfast finetune boosting data.csv --label y"),
        (("finetune", "--resume", "latest"), "is no fine-tuning but of kind audit"),
        (("fix", "latest", "--out", "x"), "looked at code only; there are no data to repair"),
        (("export", "pages", "--data", "nowhere"), "there is no store nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_call_that_cannot_be_meant_says_what_can(monkeypatch, tmp_path, arguments, said):
    monkeypatch.chdir(tmp_path)
    run = make_run(status="finished", command=("audit", "--code", "a.py"))
    with RunStore().begin(run) as writer:
        writer.finish(run)
    with pytest.raises(BadInput) as caught:
        holdfast.main([*arguments], standalone_mode=False, prog_name="holdfast")
    assert said in str(caught.value)


def test_a_reader_who_has_enough_changes_no_exit_code():
    code = (
        "import click\nfrom holdfast.cli.main import main\n"
        "@click.command()\ndef many():\n"
        "    for _ in range(20_000): click.echo('line ' * 10)\n"
        "main(many)"
    )
    reader = ["bash", "-c", f'{sys.executable} -c "$0" | head -1; echo ${{PIPESTATUS[0]}}', code]
    done = subprocess.run(reader, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
    full = ["bash", "-c", f'{sys.executable} -c "$0" > /dev/full', code]
    done = subprocess.run(full, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, "holdfast: cannot write the output: No space left on device\n")
