"""Results of tests as plain text: a line a test, and for each that failed the story of its lead."""

from collections.abc import Iterable, Sequence

from mqlrules.testing.results import TestResult, Told

_RESET = "\x1b[0m"
_CODES = {"good": "\x1b[32m", "bad": "\x1b[1;31m", "dim": "\x1b[2m", "bold": "\x1b[1m"}
_EFFECT = "    "


def paint(text: str, look: str, colour: bool) -> str:
    """Text with the ANSI codes of a look (``good``, ``bad``, ``dim``, ``bold``), if it is to be in colour."""
    return f"{_CODES[look]}{text}{_RESET}" if colour and text else text


def report(results: Sequence[TestResult], *, colour: bool = False) -> str:
    """All tests by file, the story of each that failed, and last how many passed."""
    parts = []
    for file in dict.fromkeys(result.file for result in results):
        lines = [paint(file, "bold", colour)]
        for result in results:
            if result.file == file:
                word = paint("ok    ", "good", colour) if result.passed else paint("FAILED", "bad", colour)
                lines.append(f"  {word}  {result.name}")
        parts.append("\n".join(lines))
    parts += [failure(result, colour=colour) for result in results if not result.passed]
    return "\n\n".join([*parts, summary(results)])


def summary(results: Sequence[TestResult]) -> str:
    """The last line."""
    failed = sum(not result.passed for result in results)
    total = "1 test" if len(results) == 1 else f"{len(results):,} tests"
    return f"{total}, {failed:,} failed." if failed else f"{total}, all passed."


def failure(result: TestResult, *, colour: bool = False) -> str:
    """A test that failed: the story of its lead, the expectations that were not met marked with ``>``."""
    head = f"{paint('FAILED', 'bad', colour)}  {paint(result.name, 'bold', colour)}  ({result.file}:{result.line})"
    return "\n".join([head, "", *story_lines(result.story, colour=colour)])


def story_lines(story: Iterable[Told], *, colour: bool = False) -> list[str]:
    """The lines of a story, one below the other; a time is shown where it changes."""
    told = list(story)
    wide = max((len(line.when) for line in told), default=0)
    lines = []
    before = ""
    for line in told:
        shown = "" if line.when == before and line.kind in ("change", "move") else line.when
        before = line.when
        at = shown.ljust(wide)
        match line.kind:
            case "unmet":
                lines.append(f"{paint('>', 'bad', colour)} {at}  {paint(line.text, 'bad', colour)}")
                lines.append(f"  {' ' * wide}  {_EFFECT}{line.remark}")
            case "event":
                lines.append(f"  {at}  {line.text}")
            case "end":
                lines.append(f"  {paint(f'{at}  {line.text}', 'dim', colour)}")
            case _:
                lines.append(f"  {at}  {_EFFECT}{line.text}")
    return lines
