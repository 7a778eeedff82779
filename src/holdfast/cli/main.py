"""The command group. Sub-commands are imported when they are called, so that start-up stays light."""

import gc
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

import click

from holdfast.cli.lazy import LazyGroup
from holdfast.cli.mistakes import explained
from holdfast.cli.pipes import ReaderLeft, patient
from holdfast.core.errors import HoldfastError
from holdfast.core.text import visible
from holdfast.core.version import __version__

CRASHED = 3

# command -> (module:object, one line). The lines stand here so that --help imports no command; a test compares them
# with the first lines of the commands.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("holdfast.cli.demo:demo", "Audit real data that comes with statsmodels, to see what an audit looks like."),
    "audit": (
        "holdfast.cli.audit:audit",
        "Find out why a model that looks good will fail, and how much of its score is real.",
    ),
    "probe": (
        "holdfast.cli.probe:probe",
        "Prove by experiment whether test rows, the future or unknown labels reach your model.",
    ),
    "compare": (
        "holdfast.cli.compare:compare",
        "Compare models by their stored predictions, with intervals and the right test.",
    ),
    "collapse": (
        "holdfast.cli.collapse:collapse",
        "See generations of models collapse, or not; be told how much real data keeps them safe.",
    ),
    "finetune": (
        "holdfast.cli.finetune:finetune",
        "Fine-tune a model with the guards on: what it gains, what it forgets, and whether simpler would do.",
    ),
    "predict": ("holdfast.cli.predict:predict", "Answer new data by the model of a fine-tuning, row for row."),
    "data": (
        "holdfast.cli.data:data",
        "Keep versions of data with the origin of every record; mix, screen, review and export them.",
    ),
    "fix": ("holdfast.cli.fix:fix", "Write the repaired data of a run to a new folder."),
    "report": ("holdfast.cli.report:report", "Show a run again, in any format."),
    "checklist": (
        "holdfast.cli.checklist:checklist",
        "Fill the REFORMS checklist with what runs show, and ask people for the rest.",
    ),
    "runs": ("holdfast.cli.runs:runs", "List the runs, newest first."),
    "serve": ("holdfast.cli.serve:serve", "Show runs, findings and data in a browser, to you alone."),
    "export": ("holdfast.cli.export:export", "Write the pages of the dashboard as files, for CI artifacts."),
    "track": (
        "holdfast.cli.track:track",
        "Send a run to MLflow, TensorBoard, trackio or Weights & Biases: numbers, curves, the report.",
    ),
    "checks": ("holdfast.cli.checks:checks", "List the checks, explain one, or start a new one."),
    "schema": ("holdfast.cli.schema:schema", "Print the JSON Schema of holdfast.toml, for editors."),
}


@click.group(cls=LazyGroup, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="holdfast")
def holdfast() -> None:
    """Why a model that looks good will fail in practice.

    \b
      holdfast audit data.csv --label y
      holdfast audit train.csv test.csv --label y --metric accuracy

    Results go to standard output, progress to standard error. Exit codes: 0 nothing found at or above --fail-on,
    1 found, 2 a mistake in the call or the input, 3 a check crashed.
    """


def main(command: click.Command = holdfast) -> NoReturn:
    """Run the command line, or one command as a program of its own, and leave with its exit code."""
    sys.stdout = patient(sys.stdout)
    gc.set_threshold(50_000)  # 700 would look through all that was imported 500 times: a tenth of a short audit
    try:
        result = command.main(standalone_mode=False, prog_name=command.name)
        with suppress(ReaderLeft):
            sys.stdout.flush()
        sys.exit(result if isinstance(result, int) else 0)
    except HoldfastError as error:
        fail(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())  # a group without a command: what there is, as it is meant to be read
        sys.exit(0)
    except click.UsageError as error:
        fail(explained(error))
    except click.ClickException as error:
        fail(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        click.echo("holdfast: stopped", err=True)
        sys.exit(130)
    except Exception:  # noqa: BLE001 a bug shows its trace, and must not look like findings, which is what 1 means
        import traceback

        traceback.print_exc()
        click.echo("holdfast: this is a bug in Holdfast; the trace above says where.", err=True)
        sys.exit(CRASHED)


def fail(message: str) -> NoReturn:
    """Say what is wrong in one paragraph and leave with exit code 2."""
    click.echo(f"holdfast: {visible(' '.join(message.split()))}", err=True)
    sys.exit(2)
