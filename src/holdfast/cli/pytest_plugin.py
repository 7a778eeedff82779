"""The plug-in of pytest: a fixture that audits and fails the test, a marker for its settings, and reports in a folder.

    @pytest.mark.holdfast("train.csv", "test.csv", label="y", fail_on="warning")
    def test_data(): ...

Nothing of Holdfast is imported before a test uses it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from holdfast.core.record import Run

_MARKER = (
    "holdfast(*data, label=…, fail_on='error', …): audit the data before the test, and fail it for findings from "
    "`fail_on` on; without data, the settings of the fixture `holdfast`"
)
_MOST = 20  # findings that a failure lists


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    group = parser.getgroup("holdfast", "audits of data, splits and code")
    group.addoption("--holdfast-report", metavar="FOLDER", help="write the HTML report of every audit into this folder")


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker."""
    config.addinivalue_line("markers", _MARKER)


class Auditor:
    """What the fixture is: audits that fail the test. `runs` are the records so far."""

    def __init__(self, name: str, settings: dict[str, Any], folder: Path | None) -> None:
        """Take the settings of the marker; `folder` is where reports go."""
        self.runs: list[Run] = []
        self._name, self._settings, self._folder = name, settings, folder

    def audit(self, *data: Any, **settings: Any) -> "Run":
        """Audit as `holdfast.audit` does, fail the test for findings from `fail_on` on, else return the record."""
        import holdfast

        wanted = {**self._settings, **settings}
        try:
            run = holdfast.audit(*data, **wanted)
        except holdfast.BadInput as error:
            pytest.fail(str(error), pytrace=False)
        return self.check(run, str(wanted.get("fail_on", "error")))

    def check(self, run: "Run", fail_on: str = "error") -> "Run":
        """Fail the test for findings of any run, such as a probe or an alarm; else return it."""
        from holdfast.cli.output import exit_code

        self.runs.append(run)
        where = self._written(run)
        if exit_code(run, fail_on, crashed=1):
            pytest.fail("\n".join(_told(run, fail_on, where)), pytrace=False)
        return run

    def _written(self, run: "Run") -> Path | None:
        if self._folder is None:
            return None
        import holdfast

        name = re.sub(r"[^\w.-]+", "-", self._name).strip("-.")[:120]
        number = f"-{len(self.runs)}" if len(self.runs) > 1 else ""
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{name}{number}.html"
        place.write_text(holdfast.render(run, "html"), "utf-8", errors="replace")
        return place


def _told(run: "Run", fail_on: str, where: Path | None) -> Iterator[str]:
    """Yield why a test fails: the findings that count, and the checks that crashed."""
    from holdfast.core.finding import Severity
    from holdfast.core.record import Status
    from holdfast.core.text import one_line
    from holdfast.report.words import plural

    crashed = [f"crashed {one.check}: {one.reason}" for one in run.results if one.status is Status.CRASHED]
    worst = Severity(fail_on).rank if fail_on != "never" else -1
    counted = [one for one in run.findings if one.severity.rank <= worst]
    yield f"{plural(len(counted), 'finding')} at or above {fail_on} in {plural(run.n_rows, 'row')}"
    for one in crashed:
        yield one_line(one)
    for finding in counted[:_MOST]:
        yield f"{finding.severity.value} {finding.check}: {one_line(finding.message)}"
        if finding.fix:
            yield f"  fix {one_line(finding.fix)}"
    if len(counted) > _MOST:
        yield f"and {len(counted) - _MOST:,} more"
    yield f"Report: {where}" if where else "The report: pytest --holdfast-report FOLDER"


_KEPT = pytest.StashKey[Auditor]()


@pytest.fixture
def holdfast(request: pytest.FixtureRequest) -> Auditor:
    """Audits that fail the test: `holdfast.audit(train, test, label="y")`."""
    return _auditor(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Audit the data that a marker names, before the test itself."""
    for marker in pyfuncitem.iter_markers("holdfast"):
        if marker.args:
            _auditor(pyfuncitem).audit(*marker.args)
    return (yield)


def _auditor(node: pytest.Item) -> Auditor:
    """Return the auditor of a test; nearer markers stand over farther ones."""
    if _KEPT in node.stash:
        return node.stash[_KEPT]
    settings: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("holdfast"))):
        settings |= marker.kwargs
    folder = node.config.getoption("--holdfast-report")
    node.stash[_KEPT] = Auditor(node.nodeid, settings, Path(folder) if folder else None)
    return node.stash[_KEPT]
