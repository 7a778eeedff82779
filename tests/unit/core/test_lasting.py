import gc

import pytest

from holdfast.core.lasting import lasting


class Node:
    pass


def test_what_is_loaded_belongs_to_the_oldest_objects_and_the_collector_goes_on():
    with lasting():
        assert not gc.isenabled()
        kept = Node()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    assert any(one is kept for one in gc.get_objects(generation=2))


def test_the_collector_goes_on_after_a_module_that_cannot_be_loaded():
    with pytest.raises(ImportError), lasting():
        raise ImportError
    assert gc.isenabled()


def test_within_another_and_with_a_collector_that_was_stopped_nothing_changes():
    gc.disable()
    try:
        with lasting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_objects_that_a_program_froze_stay_frozen():
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with lasting():
            assert gc.isenabled()
        assert gc.get_freeze_count() == frozen
    finally:
        gc.unfreeze()
