"""A key is 32 random bytes that only their owner reads, and is never shown."""

import stat

import pytest

from holdfast.core.errors import BadInput
from holdfast.data.screening.watermarks.keys import BYTES, Key, new_key, read_key


def test_a_new_key_is_private_and_comes_back(tmp_path):
    made = new_key(tmp_path / "deep" / "my.key")
    assert stat.S_IMODE((tmp_path / "deep" / "my.key").stat().st_mode) == 0o600
    assert read_key(tmp_path / "deep" / "my.key") == made


def test_a_key_is_never_replaced(tmp_path):
    made = new_key(tmp_path / "my.key")
    with pytest.raises(BadInput, match="never replaced"):
        new_key(tmp_path / "my.key")
    assert read_key(tmp_path / "my.key") == made


def test_a_key_is_not_shown():
    key = Key(bytes(range(BYTES)))
    assert "\\x" not in repr(key)
    assert key.secret.hex() not in repr(key)
    assert len(key.id) == 8
    assert key.id not in key.secret.hex()


def test_purposes_have_nothing_in_common():
    key = Key(bytes(range(BYTES)))
    assert key.pair("a") != key.pair("b")
    assert key.pair("a") != Key(bytes(range(1, BYTES + 1))).pair("a")


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [(b"short", 0o600, "32 random bytes"), (b"x" * 32, 0o644, "chmod 600"), (None, 0, "no key file")],
)
def test_what_is_no_key_is_refused(tmp_path, content, mode, said):
    path = tmp_path / "my.key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(BadInput, match=said):
        read_key(path)


def test_a_folder_is_no_key(tmp_path):
    with pytest.raises(BadInput, match="no plain file"):
        read_key(tmp_path)
