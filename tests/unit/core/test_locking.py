import pytest

from holdfast.core.locking import hold, is_held, share


def test_one_holds_alone_or_several_share(tmp_path):
    path = tmp_path / "lock"
    with hold(path):
        assert is_held(path)
        for take in (hold, share):
            with pytest.raises(BlockingIOError):
                take(path)
    with share(path), share(path), pytest.raises(BlockingIOError):
        hold(path)
    assert not is_held(path)
    with pytest.raises(FileNotFoundError):
        share(tmp_path / "none")
