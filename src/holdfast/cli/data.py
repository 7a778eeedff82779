"""`holdfast data`: the group; each command stands in a file of its own."""

from collections.abc import Mapping

import click

from holdfast.cli.lazy import LazyGroup

# command -> (module:object, one line), as in `holdfast.cli.main`.
COMMANDS: Mapping[str, tuple[str, str]] = {}


@click.group(cls=LazyGroup, commands=COMMANDS, context_settings={"max_content_width": 100})
def data() -> None:
    """Keep versions of data with the origin of every record; mix, screen, review and export them."""
