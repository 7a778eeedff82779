import errno
import os

import pytest

from holdfast.data.store import durable


def test_a_new_file_is_whole_and_never_replaces_another(tmp_path):
    durable.write_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "a", b"second")
    durable.replace(tmp_path / "b", b"third")
    durable.replace(tmp_path / "b", b"fourth")
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
    for write in (durable.write_new, durable.replace):
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path / "a", b"first")
    assert list(tmp_path.iterdir()) == []
