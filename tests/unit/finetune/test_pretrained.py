"""Models by name: where the hub does not answer, that is told soon, and what is here is used."""

import socket
import time
from threading import Thread

import pytest

import small_models
from holdfast.core.errors import BadInput
from holdfast.finetune.models import pretrained


@pytest.fixture
def hub(monkeypatch):
    """Set the hub's address, without proxies, for a test."""

    def at(address):
        monkeypatch.setattr(pretrained, "HUB", address)
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        pretrained.answers.cache_clear()

    yield at
    pretrained.answers.cache_clear()


def closed():
    """An address at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}"


def test_a_hub_that_does_not_answer_is_told_within_seconds(hub):
    import transformers  # noqa: F401 its import is not what is timed

    for address in (closed(), "https://no.such.host.invalid"):
        hub(address)
        started = time.perf_counter()
        with pytest.raises(BadInput, match=r"is no folder here, the hub .* does not answer"):
            pretrained.config_of("nobody/no-such-model")
        assert time.perf_counter() - started < 20  # 2 on an idle machine; the client alone takes half a minute


@pytest.mark.parametrize("says", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 404 No\r\n\r\n"])
def test_a_hub_that_answers_is_asked_once(hub, says):
    with socket.create_server(("127.0.0.1", 0)) as server:
        hub(f"http://127.0.0.1:{server.getsockname()[1]}")
        asked = Thread(target=answer, args=(server, says))
        asked.start()
        assert pretrained.where("nobody/no-such-model") == {}
        asked.join()
    assert pretrained.where("nobody/no-such-model") == {}


def answer(server, says):
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(says)


def test_a_hub_that_is_silent_does_not_answer(hub, monkeypatch):
    monkeypatch.setattr(pretrained, "_PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        hub(f"http://127.0.0.1:{server.getsockname()[1]}")
        assert pretrained.where("nobody/no-such-model") == {"local_files_only": True}


def test_whoever_says_offline_is_believed(hub, monkeypatch):
    hub("http://127.0.0.1:1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert pretrained.where("nobody/no-such-model") == {"local_files_only": True}


def test_a_folder_needs_no_hub(hub, tmp_path):
    hub(closed())
    small_models.encoder(tmp_path / "encoder")
    assert pretrained.config_of(str(tmp_path / "encoder")).model_type == "bert"
    assert pretrained.where(str(tmp_path / "encoder")) == {}
