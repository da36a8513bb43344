"""The codes of errors: what each is about, with an example."""

import json
from importlib import resources

import attrs

ROOMS = {
    "E0": "text and syntax",
    "E1": "names",
    "E2": "types and values",
    "E3": "conditions that the language does not have",
    "E4": "limits",
}


@attrs.frozen
class Entry:
    """What there is to say of the code of an error: a rule text that has it, or its message and hint."""

    rules: str | None = None
    message: str = ""
    hint: str | None = None

    @property
    def title(self) -> str:
        """A short text."""
        return self.message


def error_codes() -> dict[str, Entry]:
    """The entry of each code of an error."""
    text = resources.files("mqlrules.cli").joinpath("code_examples.json").read_text(encoding="utf-8")
    return {code: Entry(**entry) for code, entry in json.loads(text).items()}
