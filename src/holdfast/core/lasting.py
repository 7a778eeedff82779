"""Loading what stays to the end, without the garbage collector looking through it again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """Keep the collector still while modules are loaded, and count all there is then among its oldest objects.

    An audit loads 200,000 objects that stay; the collector spent 0.25 CPU-seconds on finding that out. A program that
    has stopped its collector or frozen objects keeps what it has chosen.
    """
    if not gc.isenabled() or gc.get_freeze_count():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()  # both together move every object to the oldest generation, without a look
        gc.enable()
