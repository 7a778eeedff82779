"""A store with a few runs, and a client that came in with the token."""

import shutil

import pytest
from starlette.testclient import TestClient

from holdfast.core.durable import write_whole
from holdfast.core.index import refresh
from holdfast.core.store import RunStore
from holdfast.report.render import render
from holdfast.web.app import application
from holdfast.web.guards import Doors
from holdfast.web.site import Site
from report_runs import ALL
from short_runs import short

TOKEN = "t" * 40
HOME = "http://127.0.0.1:8765"


def keep(store, run, *, report=True):
    """Write a run and its report, as a command does."""
    with store.begin(run) as writer:
        writer.finish(run)
    if report:
        write_whole(store.folder / run.id / "report.html", render(run, "html").encode("utf-8", "replace"))
    return run.id


KINDS = ("realistic", "hostile", "crashed", "interrupted", "empty")


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("store") / ".holdfast")
    for number, kind in enumerate(KINDS):
        keep(store, short(ALL[kind]()).model_copy(update={"id": f"2026010{1 + number}-00000{number}-aaa{number}"}))
    refresh(store)
    return store.root


@pytest.fixture(scope="module")
def store(template, tmp_path_factory):
    """A store with a run of every sort, the hostile one among them; one for all tests of a file."""
    root = tmp_path_factory.mktemp("site") / ".holdfast"
    shutil.copytree(template, root)
    return RunStore(root)


@pytest.fixture(scope="module")
def site(store):
    return Site(store, answers=store.root.parent / "reforms.toml", reviewer="ada")


@pytest.fixture(scope="module")
def running(site):
    """Two clients with a server each that stays up for all tests of a file: one for strangers, one for the owner."""
    with (
        TestClient(application(site, Doors(TOKEN, 8765)), base_url=HOME, follow_redirects=False) as stranger,
        TestClient(application(site, Doors(TOKEN, 8765)), base_url=HOME) as owner,
    ):
        yield stranger, owner


@pytest.fixture
def stranger(running):
    """A client that has no token."""
    running[0].cookies.clear()
    return running[0]


@pytest.fixture
def client(running):
    """A client that came in by the address that was printed."""
    running[1].cookies.clear()
    running[1].get(f"/?token={TOKEN}")
    return running[1]
