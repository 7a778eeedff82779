"""Runs for the tests of the checklist: the one of the report, with what a checklist reads besides."""

from holdfast.core.finding import Finding, Location, Severity
from holdfast.core.record import ClassCount, InputRecord, SplitRecord, Status
from report_findings import checked
from report_runs import blank, realistic


def study():
    """The bank run, with its splits."""
    return realistic().model_copy(
        update={
            "splits": (
                SplitRecord(name="train", rows=36_168, unlabelled=8, n_classes=2, classes=counts(31_900, 4_260)),
                SplitRecord(name="test", rows=9_043, n_classes=2, classes=counts(7_980, 1_063)),
            ),
            "test_digest": "b2:0a1b2c",
        }
    )


def code_run():
    """A notebook that was read, with a leak in it."""
    leak = Finding(
        message="the scaler learns from all rows, and line 9 splits them afterwards",
        severity=Severity.ERROR,
        locations=(Location(file="train.ipynb", cell=3, line=4),),
    )
    return blank(
        title="train.ipynb",
        command=("audit", "--code", "train.ipynb"),
        inputs=(InputRecord(name="train.ipynb", kind="code", start=0, stop=0, digest="b2:c0de"),),
        results=(
            checked("fit-before-split", "code", Status.FOUND, [leak]),
            checked("test-used-for-tuning", "code", Status.PASSED),
        ),
    ).model_copy(update={"id": "20261122-080000-c0de"})


def counts(no, yes):
    return (ClassCount(name="no", rows=no), ClassCount(name="yes", rows=yes))
