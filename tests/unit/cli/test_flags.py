"""What is wrong with a setting is told of the flag that it came with."""

import click
import pytest
from pydantic import BaseModel, Field

from holdfast.cli.flags import of_flags
from holdfast.cli.settings import audit_settings
from holdfast.core.errors import BadInput


class Settings(BaseModel):
    most_rows: int = Field(default=1, ge=1)
    names: tuple[str, ...] = ("a",)


def called(function, *given):
    """Return what a command comes to whose options are those of the record."""
    options = [click.Option(["--rows", "--most-rows", "most_rows"], type=int), click.Option(["--names"], multiple=True)]
    return click.Command("it", params=options, callback=function).main([*given], standalone_mode=False)


def test_what_was_not_said_stays_as_it_is():
    assert called(lambda **flags: of_flags(Settings, flags)) == Settings()
    assert called(lambda **flags: of_flags(Settings, flags), "--rows", "3") == Settings(most_rows=3)


def test_the_flag_is_named_by_its_longest_name():
    with pytest.raises(BadInput, match=r"^--most-rows: got 0, wanted 1 or more$"):
        called(lambda **flags: of_flags(Settings, flags), "--rows", "0")


def test_outside_of_a_command_the_setting_is_named():
    with pytest.raises(BadInput, match=r"^most_rows: got 0, wanted 1 or more$"):
        of_flags(Settings, {"most_rows": 0})


def test_an_assignment_over_a_flag_is_named_as_the_setting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seed = [click.Option(["--seed"], type=int)]
    for given, name in (([], "--seed"), (["audit.seed=-2"], "audit.seed")):
        command = click.Command(
            "it", params=seed, callback=lambda seed, g=given: audit_settings(None, {"seed": seed}, g)
        )
        with pytest.raises(BadInput, match=f"^{name}: got -[12], wanted 0 or more$"):
            command.main(["--seed", "-1"], standalone_mode=False)
