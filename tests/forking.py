"""Commands in forks of one process that has imported the large libraries: the same program, less the seconds of start.

A process of its own, as a fork of the tests' would take their threads along. What start-up itself does, tests see with
the installed command.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

AUDIT = (
    "pandas", "pyarrow.csv", "pyarrow.parquet", "scipy.stats", "scipy.integrate", "scipy.interpolate", "scipy.ndimage",
    "sklearn.compose", "sklearn.ensemble", "sklearn.linear_model", "sklearn.model_selection", "sklearn.pipeline",
    "holdfast.cli.main", "holdfast.cli.audit", "holdfast.audit.catalogue", "holdfast.audit.verb",
    "holdfast.report.build", "holdfast.report.render",
)  # fmt: skip
TRAINING = ("torch", "transformers.models.gpt2.modeling_gpt2", "holdfast.finetune.verb")
LONGEST = 290  # seconds; a test may take 300


class Forking:
    """Runs `holdfast …` and `python FILE` in forks of one process."""

    def __init__(self, modules):
        """Start the process; it imports while the test goes on."""
        self._modules = modules
        self._start()

    def _start(self):
        self._process = subprocess.Popen(
            [sys.executable, __file__, *self._modules], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True,
        )  # fmt: skip

    def __call__(self, folder, *arguments, env=None, input=None):  # noqa: A002 as subprocess.run names it
        """Return exit code and what was written, as `subprocess.run` does."""
        around = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "OMP_NUM_THREADS": "1", **(env or {})}
        with TemporaryDirectory() as place:
            streams = {name: os.fspath(Path(place, name)) for name in ("stdin", "stdout", "stderr")}
            Path(streams["stdin"]).write_text(input or "", "utf-8")
            asked = {"folder": str(folder), "arguments": [*map(str, arguments)], "env": around, "streams": streams}
            try:
                self._process.stdin.write(json.dumps(asked) + "\n")
                self._process.stdin.flush()
                code = int(self._process.stdout.readline())
            except BaseException:  # a test that ran out of time: the next one must not get this one's answer
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.communicate()
                self._start()
                raise
            said = (Path(streams[name]).read_text("utf-8") for name in ("stdout", "stderr"))
            return subprocess.CompletedProcess(asked["arguments"], code, *said)

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)


def serve(modules):
    """Answer what is asked, line by line."""
    for module in modules:
        import_module(module)
    if "torch" in modules:
        import_module("torch").set_num_threads(1)  # threads do not live on in a fork
    sys.path.remove(os.fspath(Path(__file__).parent))  # the installed command does not see the tests
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(**json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def run(folder, arguments, env, streams):
    """Run one command in this process, which ends with it."""
    code = 70
    try:
        signal.alarm(LONGEST)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(env)
        os.dup2(os.open(streams["stdin"], os.O_RDONLY), 0)
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(streams[name], os.O_WRONLY | os.O_CREAT), number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 the server's has lines of other calls in it
        sys.argv = arguments
        if arguments[0] == "python":
            runpy.run_path(arguments[1], run_name="__main__")
        else:
            from holdfast.cli.main import main as program

            program()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 a script that fails says why
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1:])
