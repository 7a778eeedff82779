"""Commands in forks of one process that has imported the large libraries: the same program, less the seconds of start.

A process of its own, as a fork of the tests' would take their threads along.
"""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace


class Forking:
    """Runs `holdfast …` and `python FILE` in forks of one process."""

    def __init__(self):
        """Start the process; it imports while the test goes on."""
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def __call__(self, folder, *arguments):
        """Return exit code and what was written, as `subprocess.run` does."""
        self._process.stdin.write(json.dumps({"folder": str(folder), "arguments": [*map(str, arguments)]}) + "\n")
        self._process.stdin.flush()
        return SimpleNamespace(**json.loads(self._process.stdout.readline()))

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)


def serve():
    """Answer what is asked, line by line."""
    import sklearn.linear_model  # noqa: F401
    import torch
    import transformers.models.gpt2.modeling_gpt2  # noqa: F401

    import holdfast.finetune.verb  # noqa: F401

    torch.set_num_threads(1)  # threads do not live on in a fork
    for line in sys.stdin:
        asked = json.loads(line)
        folder = Path(asked["folder"])
        child = os.fork()
        if not child:
            run(asked["arguments"], folder)
        _, status = os.waitpid(child, 0)
        said = {name: (folder / f".{name}").read_text("utf-8") for name in ("stdout", "stderr")}
        sys.stdout.write(json.dumps({"returncode": os.waitstatus_to_exitcode(status), **said}) + "\n")
        sys.stdout.flush()


def run(arguments, folder):
    """Run one command in this process, which ends with it."""
    code = 70
    try:
        os.chdir(folder)
        for number, name in ((1, ".stdout"), (2, ".stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = arguments
        if arguments[0] == "python":
            runpy.run_path(arguments[1], run_name="__main__")
            code = 0
        else:
            from holdfast.cli.main import main as program

            program()
            code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
