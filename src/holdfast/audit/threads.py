"""One thread for small fits: on a busy machine the threads of OpenMP wait for each other by spinning."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

from holdfast.core.lasting import lasting


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numerical libraries to one thread.

    Boosting on 6,400 rows took 0.6 CPU-s with one thread and 13 with two, on a machine with other work to do.
    """
    with libraries().limit(limits=1):
        yield


@cache
def libraries() -> ThreadpoolController:
    """Return the libraries with threads, loaded; to look for them costs 3 ms, and small fits are many."""
    with lasting():  # these bring OpenMP with them
        import sklearn.ensemble
        import sklearn.linear_model  # noqa: F401

    return ThreadpoolController()
