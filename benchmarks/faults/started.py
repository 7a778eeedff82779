"""Runs of `holdfast` that a campaign kills: started as the command, or forked from the campaign itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("holdfast"))
Call = Callable[[Sequence[str], Path], "Started"]


class Started:
    """A process that was started, by fork or as the command."""

    def __init__(self, process: int, folder: Path) -> None:
        self.process, self.folder, self.code = process, folder, None
        self.used = 0.0  # seconds of the processor, once it is over

    def over(self) -> bool:
        """Return whether it has ended."""
        if self.code is None:
            done, status, used = os.wait4(self.process, os.WNOHANG)
            if done:
                self.code, self.used = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        return self.code is not None

    def spent(self) -> float:
        """Return the seconds of the processor until now, which other programs do not make more."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False, nap: float = 0.01) -> bool:
        """Wait so long, or until something is seen; return whether the process is over."""
        end = time.monotonic() + seconds
        while not self.over() and time.monotonic() < end and not until():
            time.sleep(nap)
        return self.over()

    def kill(self) -> bool:
        """Kill it; return whether it lived until then."""
        if self.over():
            return False
        os.kill(self.process, signal.SIGKILL)
        self.wait(60)
        return self.code == -signal.SIGKILL


def command(arguments: Sequence[str], folder: Path) -> Started:
    """Start the installed command."""
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen([COMMAND, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=said)
    process.returncode = 0  # it is waited for by its number; Popen would warn that it still runs
    return Started(process.pid, folder)


def forked(arguments: Sequence[str], folder: Path) -> Started:
    """Start the same program in a fork of this process, which has imported what it needs."""
    process = os.fork()
    if process:
        return Started(process, folder)
    code: object = 70
    try:
        os.chdir(folder)
        for number, name in ((1, os.devnull), (2, "said")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = ["holdfast", *arguments]
        from holdfast.cli.main import main as program

        program()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)
