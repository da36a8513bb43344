"""The reference of commands is what the commands say of themselves."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

from mqlrules.cli.application import COMMANDS

SCRIPT = Path(__file__).parents[2] / "docs" / "reference" / "commands.py"


def generator() -> ModuleType:
    found = importlib.util.spec_from_file_location("commands_page", SCRIPT)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_reference_of_commands_is_up_to_date() -> None:
    made = generator()
    if os.environ.get("MQLRULES_WRITE_PAGES"):
        made.PAGE.write_text(made.page(), encoding="utf-8")
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run python docs/reference/commands.py"


def test_every_command_has_a_section_with_its_options() -> None:
    text = generator().page()
    assert [] == [name for name in COMMANDS if f"\n## mqlrules {name}\n" not in text]
    for option in ("`--events FILE...`", "`--as-of TIME`", "`-o, --out FILE`", "`-q, --quiet`"):
        assert option in text
