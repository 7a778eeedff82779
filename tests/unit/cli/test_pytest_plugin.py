import subprocess
import sys

import pytest

import holdfast

pytest_plugins = ["pytester"]

DATA = """
import pyarrow as pa
import pytest

LEAKS = pa.table({"z": [float(i % 2) for i in range(60)], "x": [float(i % 7) for i in range(60)], "y": ["a", "b"] * 30})
SOUND = dict(label="y", honest={"enabled": False}, select=["label-in-disguise"])
"""


@pytest.fixture(scope="module")
def imported():
    """Import here what the audits need: pytester takes away what its own tests import, which some libraries forbid."""
    namespace = {}
    exec(DATA, namespace)
    holdfast.audit(namespace["LEAKS"], **namespace["SOUND"])


@pytest.fixture
def run(pytester, imported):
    def ran(source, *arguments):
        pytester.makepyfile(DATA + source)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    return ran


def test_the_fixture_audits_and_fails_the_test(run):
    done = run("""
def test_it(holdfast):
    run = holdfast.audit(LEAKS, fail_on="never", **SOUND)
    assert len(run.findings) == 1
    holdfast.audit(LEAKS, **SOUND)
    raise AssertionError("not reached")
""")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        ["1 finding at or above error in 60 rows", "error label-in-disguise: 'z' gives *", "  fix *"]
    )
    done.stdout.no_fnmatch_line("*not reached*")


def test_data_that_are_not_there_are_told_in_a_line_and_without_a_trace(run):
    done = run("""
@pytest.mark.holdfast("nowhere.csv", label="y")
def test_wrong(): pass
""")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["no file nowhere.csv"])
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("*inputs.py*")


def test_a_marker_with_data_audits_before_the_test(run):
    done = run("""
@pytest.mark.holdfast(LEAKS, **SOUND)
def test_leaks(): raise AssertionError("not reached")

@pytest.mark.holdfast(LEAKS, **SOUND, fail_on="never")
def test_sound(holdfast): assert len(holdfast.runs) == 1
""")
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.no_fnmatch_line("*not reached*")


def test_nearer_markers_stand_over_farther_ones(run):
    done = run("""
@pytest.mark.holdfast(fail_on="never", **SOUND)
class TestBoth:
    def test_far(self, holdfast): holdfast.audit(LEAKS)

    @pytest.mark.holdfast(fail_on="error")
    def test_near(self, holdfast): holdfast.audit(LEAKS)
""")
    done.assert_outcomes(failed=1, passed=1)


def test_reports_are_written_where_the_option_says(run, pytester):
    done = run("""
@pytest.mark.parametrize("name", ["../../a", "<b>"])
def test_it(holdfast, name): holdfast.audit(LEAKS, **SOUND)
""", "--holdfast-report", "reports")  # fmt: skip
    done.assert_outcomes(failed=2)
    written = sorted(path.name for path in (pytester.path / "reports").iterdir())
    assert len(written) == 2
    assert all(name.endswith(".html") and "<" not in name for name in written)
    done.stdout.fnmatch_lines([f"Report: reports/{written[0]}"])


def test_a_run_from_elsewhere_can_be_checked(run):
    done = run("""
def test_it(holdfast):
    from holdfast.core.finding import Finding
    from records import make_result, make_run
    from holdfast.core.record import Status
    holdfast.check(make_run())
    holdfast.check(make_run(results=(make_result("c", status=Status.CRASHED, reason="boom\\x1b"),)), fail_on="never")
""")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["crashed c: boom*"])


def test_a_mistake_in_the_settings_is_told(run):
    done = run("def test_it(holdfast): holdfast.audit(LEAKS, lable='y')")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*lable*"])


def test_unused_it_imports_nothing_heavy(pytester):
    pytester.makepyfile("def test_it(): pass")
    code = (
        "import sys, pytest; pytest.main(['-q', '-p', 'no:jaxtyping', '-p', 'no:hypothesispytest']); "
        "print([one for one in sys.modules if one.split('.')[0] in {'numpy', 'pyarrow', 'pydantic', 'rich', 'sklearn'}"
        " or one.startswith('holdfast.') and one != 'holdfast.cli.pytest_plugin'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=pytester.path)
    last = done.stdout.splitlines()[-1]
    assert eval(last) in ([], ["holdfast.core", "holdfast.core.version", "holdfast.cli"])


def test_pytest_finds_the_plug_in(pytester):
    done = pytester.runpytest_subprocess("--markers")
    done.stdout.fnmatch_lines(["@pytest.mark.holdfast*"])
