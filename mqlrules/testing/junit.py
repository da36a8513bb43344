"""Results of tests as JUnit XML, as continuous integration reads it."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from mqlrules.testing.report import story_lines
from mqlrules.testing.results import TestResult

# What XML 1.0 can't say, not even escaped.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[TestResult]) -> bytes:
    """A document in UTF-8: a suite a file, a case a test; the text of a failure is the story of its lead."""
    root = ET.Element("testsuites", _counts("mqlrules", results))
    for file in dict.fromkeys(result.file for result in results):
        inside = [result for result in results if result.file == file]
        suite = ET.SubElement(root, "testsuite", _counts(file, inside))
        for result in inside:
            case = ET.SubElement(
                suite,
                "testcase",
                {
                    "classname": _said(file),
                    "name": _said(result.name),
                    "file": _said(file),
                    "line": str(result.line),
                    "time": f"{result.seconds:.6f}",
                },
            )
            if not result.passed:
                message = "; ".join(f"{unmet.expected}: {unmet.instead}" for unmet in result.unmet)
                failure = ET.SubElement(case, "failure", {"type": "expectation", "message": _said(message)})
                failure.text = _said("\n".join(["", *story_lines(result.story), ""]))
    return _document(root)


def error_document(message: str) -> bytes:
    """The document of tests that could not be run, with the reason."""
    root = ET.Element("testsuites", _counts("mqlrules", ()) | {"errors": "1"})
    suite = ET.SubElement(root, "testsuite", _counts("mqlrules", ()) | {"errors": "1"})
    case = ET.SubElement(suite, "testcase", {"classname": "mqlrules", "name": "rules", "time": "0"})
    ET.SubElement(case, "error", {"type": "rules", "message": _said(message)})
    return _document(root)


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _counts(name: str, results: Sequence[TestResult]) -> dict[str, str]:
    return {
        "name": _said(name),
        "tests": str(len(results)),
        "failures": str(sum(not result.passed for result in results)),
        "errors": "0",
        "skipped": "0",
        "time": f"{sum(result.seconds for result in results):.6f}",
    }


def _said(text: str) -> str:
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)
