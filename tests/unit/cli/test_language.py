"""`--lang`: what people read comes in their language; what is not there is refused before any work."""

import pytest

from holdfast.cli.audit import audit
from holdfast.cli.checklist import checklist
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
