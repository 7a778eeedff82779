"""Real processes that train together: forks of this one, which has imported what they need."""

import os
import signal
import socket
import sys
import traceback
import warnings
from contextlib import closing


def together(n, work, *, folder=None):
    """Run `work(rank)` in n processes with an environment like torchrun's. Return their exit codes; 0 is well."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    children = []
    for rank in range(n):
        with warnings.catch_warnings():  # Lance warns of forks once it was imported; none of these uses it
            warnings.simplefilter("ignore")
            child = os.fork()
        if not child:
            _child(rank, n, port, work, folder)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def _child(rank, n, port, work, folder):
    signal.alarm(120)  # whatever hangs ends
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(n), LOCAL_RANK=str(rank), MASTER_ADDR="127.0.0.1",
                      MASTER_PORT=str(port))  # fmt: skip
    code = 70
    try:
        if folder is not None:
            sys.stderr = (folder / f"said-{rank}").open("w")
            os.dup2(sys.stderr.fileno(), 2)
        work(rank)
        code = 0
    except BaseException:  # noqa: BLE001 nothing may come back into the test
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
