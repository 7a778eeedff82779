import json

import pytest

from holdfast.cli.data_export import export
from holdfast.core.errors import BadInput
from holdfast.core.finding import Finding
from holdfast.core.record import InputRecord, Status
from holdfast.core.store import RunStore
from holdfast.data.standing import load_standing
from records import make_result, make_run

HOSTILE = '</script>"},{"@id": "evil\x1b'


@pytest.fixture
def data(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2,y\n")
    return tmp_path / "a.csv"


@pytest.fixture
def store(tmp_path, data):
    """A store with a run over the data."""
    home = RunStore(tmp_path / "store")
    (source,) = load_standing([data]).sources
    inputs = (InputRecord(name="a.csv", start=0, stop=2, digest=source.digest),)
    findings = (Finding(message="3 rows are copies"), Finding(message=HOSTILE))
    run = make_run(inputs=inputs, results=(make_result("c", status=Status.FOUND, findings=findings),))
    with home.begin(run) as writer:
        writer.finish(run)
    return home.root


def test_what_an_audit_found_is_a_known_limitation(tmp_path, data, store):
    arguments = [data, "--out", tmp_path / "out", "--format", "croissant", "--run", "latest", "--runs", store]
    export.main([str(one) for one in arguments], standalone_mode=False)
    said = json.loads((tmp_path / "out" / "croissant.json").read_text())
    limits = said["rai:dataLimitations"]
    assert "Found by an audit: 3 rows are copies." in limits
    assert "evil␛" in limits
    assert "@id" not in said


def test_a_run_over_other_data_is_refused(tmp_path, store):
    (tmp_path / "b.csv").write_text("a,b\n1,z\n")
    arguments = [
        tmp_path / "b.csv",
        "--out",
        tmp_path / "out",
        "--format",
        "croissant",
        "--run",
        "latest",
        "--runs",
        store,
    ]
    with pytest.raises(BadInput, match="looked at other data than"):
        export.main([str(one) for one in arguments], standalone_mode=False)
    assert not (tmp_path / "out").exists()
