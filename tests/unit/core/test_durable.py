import errno
import os

import pytest

from holdfast.core import durable


def test_a_new_file_is_whole_and_never_replaces_another(tmp_path):
    durable.write_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "a", b"second")
    durable.write_whole(tmp_path / "b", b"third")
    durable.write_whole(tmp_path / "b", b"fourth")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"first", "b": b"fourth"}


def test_a_file_system_without_links_will_do(tmp_path, monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)
    durable.write_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "a", b"second")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"first"]


def test_content_is_synced_before_its_name_and_the_folder_after(tmp_path, monkeypatch):
    seen = []
    sync = os.fsync

    def fsync(handle):
        seen.append(("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file", sorted(os.listdir(tmp_path))))  # noqa: PTH112, PTH208
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    durable.write_new(tmp_path / "a", b"first")
    assert [what for what, _ in seen] == ["file", "folder"]
    assert "a" not in seen[0][1]
    assert seen[1][1] == ["a"]


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for write in (durable.write_new, durable.write_whole):
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path / "a", b"first")
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_when_a_replacement_fails(tmp_path):
    durable.write_whole(tmp_path / "a", b"first")

    def broken():
        with durable.replacing(tmp_path / "a") as file:
            file.write(b"second")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"first")]


def test_a_folder_appears_whole_and_synced(tmp_path, monkeypatch):
    synced = []
    sync = os.fsync

    def fsync(handle):
        synced.append(os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))  # noqa: PTH115, PTH119
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with durable.building(tmp_path / "deep" / "new") as making:
        (making / "inner").mkdir()
        (making / "inner" / "a").write_bytes(b"first")
        assert not (tmp_path / "deep" / "new").exists()
    assert (tmp_path / "deep" / "new" / "inner" / "a").read_bytes() == b"first"
    assert synced[0] == "a"
    assert synced[-1] == "deep"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["new"]


def test_a_folder_that_holds_anything_is_replaced_only_on_request(tmp_path):
    home = tmp_path / "new"
    home.mkdir()
    with durable.building(home) as making:  # an empty one may be named
        (making / "a").write_bytes(b"first")
    with pytest.raises(OSError, match="not empty"), durable.building(home) as making:
        (making / "b").write_bytes(b"second")
    assert [path.name for path in home.iterdir()] == ["a"]
    with durable.building(home, replace=True) as making:
        (making / "b").write_bytes(b"second")
    assert [path.name for path in home.iterdir()] == ["b"]
    assert list(tmp_path.iterdir()) == [home]


def test_what_a_dead_writer_left_is_cleared_and_a_living_ones_is_not(tmp_path):
    (tmp_path / ".new.00000000.unfinished").mkdir()
    with durable.building(tmp_path / "new") as first:
        assert not (tmp_path / ".new.00000000.unfinished").exists()
        (first / "a").write_bytes(b"first")
        with durable.building(tmp_path / "new", replace=True) as second:
            assert first.is_dir()
            (second / "b").write_bytes(b"second")
        (tmp_path / "new" / "b").unlink()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a"]
