import subprocess
import sys

from holdfast.core.record import Run
from holdfast.report import notebook
from report_runs import empty, realistic


class Printer:
    def __init__(self):
        self.said = ""

    def text(self, text):
        self.said += text


def test_a_run_shows_itself_in_each_kind_of_front_end():
    run = realistic()
    assert run._repr_html_() == notebook.html(run)
    assert run._repr_markdown_() == notebook.markdown(run)
    printer = Printer()
    run._repr_pretty_(printer, cycle=False)
    assert printer.said == notebook.text(run)


def test_a_run_in_a_list_takes_one_line():
    assert repr(realistic()) == "<Run 20261121-221409-4f1c: audit finished, 3 errors, 3 warnings, 2 notes>"
    assert str(empty()) == "<Run 20261121-221409-4f1c: audit finished, nothing found>"


def test_records_do_not_import_reports():
    code = "import sys, holdfast.core.record; print([one for one in sys.modules if 'holdfast.report' in one])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_showing_a_run_leaves_it_as_it_is():
    run = realistic()
    run._repr_html_()
    assert Run.model_validate(run.model_dump()) == run
