"""Comments that accept findings: which lines they speak of, and that a reason is mandatory."""

import pytest

from holdfast.audit.code import code_of
from holdfast.audit.settings import AuditSettings
from holdfast.audit.verb import audit_dataset

BEGIN = "df = pd.read_csv('a.csv')\nsc = StandardScaler()\n"
END = "train, test = train_test_split(df, random_state=0)\n"


@pytest.mark.parametrize(
    "line",
    [
        "df = sc.fit_transform(df)  # holdfast: allow fit-before-split (the range is given)\n",
        "df = sc.fit_transform(df)  #holdfast:allow fit-on-test, fit-before-split (the range is given)\n",
        "# holdfast: allow fit-before-split (the range is given)\ndf = sc.fit_transform(df)\n",
        "df = sc.fit_transform(\n    df\n)  # holdfast: allow fit-before-split (the range is given)\n",
    ],
)
def test_an_accepted_finding_is_counted_with_its_reason(line):
    results = {one.check: one for one in audited(BEGIN + line + END)}
    assert not results["fit-before-split"].findings
    assert [one.reason for one in results["fit-before-split"].suppressed] == ["the range is given"]
    assert not results["unreadable-code"].findings


@pytest.mark.parametrize(
    "line",
    [
        "df = sc.fit_transform(df)  # holdfast: allow fit-on-test (another check)\n",
        "# holdfast: allow fit-before-split (only the next line)\nx = 1\ndf = sc.fit_transform(df)\n",
        "df = sc.fit_transform(df)\nx = 1  # holdfast: allow fit-before-split (a line too late)\n",
    ],
)
def test_a_comment_elsewhere_accepts_nothing(line):
    results = {one.check: one for one in audited(BEGIN + line + END)}
    assert len(results["fit-before-split"].findings) == 1


@pytest.mark.parametrize("comment", ["allow fit-before-split", "allow fit-before-split ()", "allow (because)", "allow"])
def test_a_comment_without_a_reason_accepts_nothing_and_is_named(comment):
    results = {one.check: one for one in audited(BEGIN + f"df = sc.fit_transform(df)  # holdfast: {comment}\n" + END)}
    assert len(results["fit-before-split"].findings) == 1
    assert "allows nothing" in results["unreadable-code"].findings[0].message


def audited(source: str):
    return audit_dataset(None, AuditSettings(select=("code",)), given={"code": code_of(source)}).results
