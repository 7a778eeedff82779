"""One thread for small fits: on a busy machine the threads of OpenMP wait for each other by spinning."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numerical libraries to one thread.

    Boosting on 6,400 rows took 0.6 CPU-s with one thread and 13 with two, on a machine with other work to do.
    """
    # The limit holds for libraries that are loaded when it is set; these bring OpenMP with them.
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
