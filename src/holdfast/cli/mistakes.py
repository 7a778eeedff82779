"""What is wrong with a call, in the words that the rest of Holdfast uses: what, got, wanted, the nearest name."""

import re

import click

from holdfast.core.errors import did_you_mean

_NO_COMMAND = re.compile(r"No such command '(.*?)'")
_NO_CHOICE = re.compile(r"'(.*)' is not one of ")


def explained(error: click.UsageError) -> str:
    """Return what is wrong, and where help is."""
    where = f" Try: {error.ctx.command_path} --help" if error.ctx else ""
    return f"{_said(error)}{where}"


def _said(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"no option {error.option_name!r}.{did_you_mean(error.option_name, _options(error.ctx))}"
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return _missing(error.param, error.ctx)
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _bad(error, error.param)
    unknown = _NO_COMMAND.match(error.message)
    if unknown and error.ctx and isinstance(error.ctx.command, click.Group):
        known = error.ctx.command.list_commands(error.ctx)
        hint = did_you_mean(unknown[1], known) or f" Commands are {', '.join(known)}."
        return f"no command {unknown[1]!r}.{hint}"
    return f"{_lower(error.format_message()).rstrip('.')}."


def _missing(parameter: click.Parameter, context: click.Context | None) -> str:
    """Return which option or argument is missing, and what it is for or where it stands."""
    if isinstance(parameter, click.Option):
        return f"{_flag(parameter)} is missing: {_lower(parameter.help or '').rstrip('.')}."
    usage = f" Wanted: {context.get_usage().removeprefix('Usage: ')}." if context else ""
    name = re.sub(r"[\[\]]|\.\.\.", "", parameter.human_readable_name)
    return f"{name} is missing.{' '.join(['', *usage.split()])}"


def _bad(error: click.BadParameter, parameter: click.Parameter) -> str:
    """Return which value does not do, and what would."""
    flag = _flag(parameter)
    got = _NO_CHOICE.match(error.message)
    if got and isinstance(parameter.type, click.Choice):
        choices = [str(one) for one in parameter.type.choices]
        return f"{flag} wants {', '.join(choices)}, got {got[1]!r}.{did_you_mean(got[1], choices)}"
    return f"{flag}: {_lower(error.message).rstrip('.')}."


def _flag(parameter: click.Parameter) -> str:
    return max(parameter.opts, key=len) if isinstance(parameter, click.Option) else parameter.human_readable_name


def _options(context: click.Context | None) -> list[str]:
    parameters = context.command.params if context else []
    return [one for each in parameters for one in (*each.opts, *each.secondary_opts) if one.startswith("--")]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
