import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from holdfast.audit import skore_checks as skore_checks_module
from holdfast.audit.skore_checks import skore_checks
from holdfast.audit.verb import audit
from holdfast.core.errors import BadInput, MissingExtra

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(400, 3)), columns=["a", "b", "label"])  # a feature may be called like that
Y = pd.Series((X["a"] + RNG.normal(size=400) > 0).astype(int), name="t")


class Report:
    """What is read of skore's report."""

    def __init__(self, train, test):
        self.X_train, self.y_train = train
        self.X_test, self.y_test = test


COPIED = Report((X[:300], Y[:300]), (pd.concat([X[:60], X[300:]]), pd.concat([Y[:60], Y[300:]])))
SOUND = Report((X[:300].to_numpy(), Y[:300].to_numpy()), (X[300:].to_numpy(), Y[300:].to_numpy()))
LATE = Report((None, None), (X[300:], Y[300:]))


def found(report, **options):
    return {one.code: one.check_function(report) for one in skore_checks(**options)}


def test_what_an_audit_finds_is_what_skore_is_told():
    said = found(COPIED, select=["split-overlap", "label-in-disguise"])
    assert said["HF-LABEL-IN-DISGUISE"] is None
    assert said["HF-SPLIT-OVERLAP"].startswith("60 of 160 test rows (37.5%) also occur in the training data")
    assert found(SOUND, select=["split-overlap"]) == {"HF-SPLIT-OVERLAP": None}


def test_a_report_is_audited_once(monkeypatch):
    calls = []
    monkeypatch.setattr(skore_checks_module, "audit", lambda *a, **k: calls.append(1) or audit(*a, **k))
    checks = skore_checks(["split-overlap", "duplicate-rows"])
    assert len([one.check_function(SOUND) for one in checks]) == 2
    assert calls == [1]


def test_what_cannot_be_asked_is_not_applicable(monkeypatch):
    paper = ModuleType("skore")
    paper.CheckNotApplicable = type("CheckNotApplicable", (Exception,), {})
    monkeypatch.setitem(sys.modules, "skore", paper)
    with pytest.raises(paper.CheckNotApplicable, match="no training data"):
        found(LATE, select=["split-overlap"])
    with pytest.raises(paper.CheckNotApplicable, match="no benchmark"):
        found(SOUND, select=["benchmark-contamination"])
    monkeypatch.setitem(sys.modules, "skore", None)
    with pytest.raises(MissingExtra, match=r"holdfast\[skore\]"):
        found(LATE, select=["split-overlap"])


def test_every_check_has_its_title_and_severity():
    checks = skore_checks()
    assert len({one.code for one in checks}) == len(checks) > 20
    assert {one.severity for one in checks} == {"issue", "tip"}
    assert all(one.title and one.report_types == ["estimator"] for one in checks)
    with pytest.raises(BadInput, match="no check or family"):
        skore_checks(["nonsense"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of plotting libraries
def test_skore_itself_takes_them():
    skore = pytest.importorskip("skore", reason="the extra skore is not installed")
    from sklearn.linear_model import LogisticRegression

    report = skore.EstimatorReport(
        LogisticRegression(), X_train=COPIED.X_train, y_train=COPIED.y_train, X_test=COPIED.X_test, y_test=COPIED.y_test
    )
    report.checks.add(skore_checks(["duplicates"]))
    told = report.checks.summarize(fast_mode=True).frame().set_index("code")
    assert told.loc["HF-SPLIT-OVERLAP", "section"] == "issue"
    assert told.loc["HF-SPLIT-OVERLAP", "explanation"].startswith("60 of 160 test rows")
    assert told.loc["HF-BENCHMARK-CONTAMINATION", "section"] == "not_applicable"
