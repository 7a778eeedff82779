"""The table of `holdfast data`, which is shown without importing anything, says what the commands say of themselves."""

import pytest

from holdfast.cli.data import COMMANDS, data


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_its_own(name):
    command = data.get_command(None, name)
    first = " ".join(command.help.partition("\n\n")[0].split())
    assert COMMANDS[name][1] in {command.short_help, first}
    assert command.help.count("holdfast data") >= 1
