"""`--lang`: what people read comes in their language; what is not there is refused before any work."""

import click
import pytest

from holdfast.cli.audit import audit
from holdfast.cli.checklist import checklist
from holdfast.cli.collapse_plan import plan
from holdfast.cli.main import holdfast
from holdfast.cli.report import report
from holdfast.core.errors import BadInput
from holdfast.core.store import RunStore
from report_runs import realistic


@pytest.fixture
def home(tmp_path):
    run = realistic()
    with RunStore(tmp_path / "runs").begin(run) as writer:
        for result in run.results:
            writer.result(result)
        writer.finish(run)
    return tmp_path


def shown(command, arguments, capfd):
    command.main([str(one) for one in arguments], standalone_mode=False)
    return capfd.readouterr()


def test_a_report_in_french(home, capfd):
    out = shown(report, ["--runs", home / "runs", "--lang", "fr"], capfd).out
    assert out.startswith("Score trop beau pour être vrai")
    assert "--lang fr" in out


def test_the_same_run_in_english_afterwards(home, capfd):
    shown(report, ["--runs", home / "runs", "--lang", "fr"], capfd)
    assert shown(report, ["--runs", home / "runs"], capfd).out.startswith("The ROC AUC of 0.934 is too good")


def test_a_checklist_in_french(home, capfd):
    out = shown(checklist, ["--runs", home / "runs", "--answers", home / "a.toml", "--lang", "fr"], capfd).out
    assert out.startswith("Liste de contrôle")


def test_an_audit_writes_its_page_in_french(tmp_path, capfd):
    rows = [f"{i},{i % 7},{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "d.csv").write_text("\n".join(["x,z,y", *rows]))
    arguments = ["--label", "y", "--no-honest", "--select", "duplicates", "--runs", tmp_path / "runs", "--lang", "fr"]
    shown(audit, [tmp_path / "d.csv", *arguments], capfd)
    (page,) = (tmp_path / "runs").glob("runs/*/report.html")
    assert '<html lang="fr">' in page.read_text("utf-8")


@pytest.mark.parametrize("command", [audit, checklist, report])
def test_a_language_that_is_not_there_is_refused_at_once(command, tmp_path):
    with pytest.raises(BadInput, match="no language 'tlh'; known are en, fr"):
        command.main(["--lang", "tlh", "--runs", str(tmp_path / "none")], standalone_mode=False)
    assert not (tmp_path / "none").exists()


def renders(group, name):
    """Yield the path and the command of everything below a group that writes reports in several formats."""
    context = click.Context(group, info_name=name)
    for one in group.list_commands(context):
        command = group.get_command(context, one)
        if isinstance(command, click.Group):
            yield from renders(command, f"{name} {one}")
        for option in command.params:
            if "--format" in option.opts and "html" in (getattr(option, "help", "") or ""):
                yield f"{name} {one}", command


@pytest.mark.parametrize(("path", "command"), list(renders(holdfast, "holdfast")))
def test_every_command_that_writes_reports_takes_a_language(path, command):
    assert any("--lang" in option.opts for option in command.params), path


def test_the_settings_file_says_the_language_and_the_flag_is_stronger(home, capfd, monkeypatch):
    monkeypatch.chdir(home)
    (home / "holdfast.toml").write_text('lang = "fr"\n')
    assert shown(report, ["--runs", "runs"], capfd).out.startswith("Score trop beau pour être vrai")
    assert shown(report, ["--runs", "runs", "--lang", "en"], capfd).out.startswith("The ROC AUC of 0.934 is too good")
    wanted = ["--rarest", "0.001", "--synthetic", "1000", "--runs", "others"]
    assert "nouveaux éléments réels par génération" in shown(plan, wanted, capfd).out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('lang = "tlh"', "no language 'tlh' in holdfast.toml; known are en, fr"),
        ("lang = 3", 'holdfast.toml: lang wants the name of a language, such as "fr", got 3'),
    ],
)
def test_a_language_in_the_settings_that_is_not_there_is_refused_with_the_file(home, monkeypatch, line, said):
    monkeypatch.chdir(home)
    (home / "holdfast.toml").write_text(f"{line}\n")
    with pytest.raises(BadInput) as caught:
        report.main(["--runs", "runs"], standalone_mode=False)
    assert said in str(caught.value)
