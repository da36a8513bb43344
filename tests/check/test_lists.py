"""``list … from "file.csv" [column …]``: what is read, and from where (section 1)."""

from pathlib import Path
from typing import Any

import pytest

from mqlrules.check import limits, lists
from tests.check.texts import checked_files, shown

FROM = 'list targets from "targets.csv"'
ASKS = "rule a: lead.domain in targets => MQL\n"


def values(folder: Path, content: bytes, statement: str = f"{FROM} column domain") -> tuple[object, ...]:
    (folder / "targets.csv").write_bytes(content)
    program, diagnostics = checked_files(folder, rules=f"{statement}\n{ASKS}")
    assert shown(diagnostics) == ""
    return program.lists["targets"].values


def said(folder: Path, content: bytes | None, statement: str = f"{FROM} column domain") -> str:
    if content is not None:
        (folder / "targets.csv").write_bytes(content)
    program, diagnostics = checked_files(folder, rules=f"{statement}\n{ASKS}")
    assert program.rules == ()
    return shown(diagnostics)


def test_a_column_is_named_in_the_first_line(tmp_path: Path) -> None:
    assert ("acme.com", "initech.com") == values(tmp_path, b"name,domain\nAcme,acme.com\nInitech,initech.com\n")


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_value(tmp_path: Path) -> None:
    assert ("acme.com", "b.com") == values(tmp_path, b"\xef\xbb\xbfdomain\r\nacme.com\r\nb.com\r\n")


def test_white_space_empty_cells_short_rows_and_repeated_values_are_left_out(tmp_path: Path) -> None:
    assert ("a.com", "b.com") == values(tmp_path, b"n,domain\n1, a.com \n2,\n3\n\n4,b.com\n5,a.com\n")


def test_a_quoted_cell_may_hold_commas_and_line_ends(tmp_path: Path) -> None:
    assert ("Acme, Inc.", "two\nlines") == values(tmp_path, b'domain,n\n"Acme, Inc.",1\n"two\nlines",2\n')


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'domain\n"acme.com\ninitech.com\n', 2),
        (b'domain\nacme.com\n"initech.com', 3),
        (b'domain\n"acme.com\nb.com\n"c.com"\nd.com\n', 2),
        (b'"domain\nacme.com\n', 1),
    ],
)
def test_a_quote_that_is_never_closed_is_an_error_with_its_line(tmp_path: Path, content: bytes, line: int) -> None:
    assert f"the quote in line {line} is never closed" in said(tmp_path, content)


def test_text_after_a_closing_quote_in_one_line_is_part_of_the_value(tmp_path: Path) -> None:
    assert ("Acme Inc", "b.com") == values(tmp_path, b'domain\n"Acme" Inc\nb.com\n')


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_separate_columns_too(tmp_path: Path, delimiter: str) -> None:
    assert ("a.com",) == values(tmp_path, f"name{delimiter}domain\nAcme{delimiter}a.com\n".encode())


def test_a_column_may_be_named_by_a_string(tmp_path: Path) -> None:
    assert ("a.com",) == values(tmp_path, b"E-Mail Domain!\na.com\n", f'{FROM} column "E-Mail Domain!"')


def test_without_column_every_line_is_a_value(tmp_path: Path) -> None:
    assert ("acme.com", "initech.com") == values(tmp_path, b"acme.com\ninitech.com\n", FROM)


def test_a_cell_spelled_as_a_number_is_met_by_the_text_and_by_the_number(tmp_path: Path) -> None:
    assert ("17", "007", "-2.50", 17) == values(tmp_path, b"domain\n17\n007\n-2.50\n17\n")[:4]
    assert 5 == len(values(tmp_path, b"domain\n17\n007\n-2.50\n17\n"))


def test_a_path_starts_at_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "emea").mkdir()
    (tmp_path / "shared.csv").write_text("a.com\n")
    (tmp_path / "emea" / "own.csv").write_text("b.com\n")
    rules = 'list one from "../shared.csv"\nlist two from "own.csv"\n'
    program, diagnostics = checked_files(tmp_path, emea__rules=rules)
    assert "" == shown(diagnostics)
    assert {"one": ("a.com",), "two": ("b.com",)} == {key: found.values for key, found in program.lists.items()}


@pytest.mark.parametrize(
    "path", ["../secret.csv", "lists/../../secret.csv", "/etc/hosts", "link.csv", "linked/secret.csv"]
)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("secret\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "linked").symlink_to(tmp_path)
    assert (
        f"E131 error: `{path}` is outside the folder of these rules, and a list is read from inside it alone.\n"
        '    hint: Put the file beside the rules and write its path from there: `"lists/accounts.csv"`.'
    ) == said(folder, None, f'list targets from "{path}"')


@pytest.mark.parametrize("swapped", ["the file", "its folder"])
def test_a_link_that_is_put_there_after_it_was_looked_at_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    folder = tmp_path / "rules"
    (folder / "lists").mkdir(parents=True)
    (folder / "lists" / "accounts.csv").write_text("a.com\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "accounts.csv").write_text("secret\n")
    look = lists._find

    def swap(*arguments: Any) -> Any:
        found = look(*arguments)
        place, other = folder / "lists", tmp_path / "elsewhere"
        if swapped == "the file":
            place, other = place / "accounts.csv", other / "accounts.csv"
        place.rename(tmp_path / "before")
        place.symlink_to(other)
        return found

    monkeypatch.setattr(lists, "_find", swap)
    assert "E131 error" in said(folder, None, 'list targets from "lists/accounts.csv"')


@pytest.mark.parametrize(
    "path", [r"..\\secret.csv", r"C:\\secret.csv", r"\\\\host\\secret.csv", r"lists\\..\\..\\secret.csv"]
)
def test_paths_of_windows_lead_nowhere_else(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "rules"
    (folder / "lists").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("secret\n")
    found = said(folder, None, f'list targets from "{path}"')
    assert found.startswith(("E131 ", "E132 ", "E133 "))
    assert "Did you mean" not in found


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "targets.csv")
    assert ("a.com",) == values(tmp_path, b"a.com\n", 'list targets from "link.csv"')


def test_a_file_that_is_not_there_with_a_close_name(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "targets.csv").write_text("a.com\n")
    statement = 'list targets from "lists/tragets.csv"'
    assert "E132 error: There is no file `lists/tragets.csv`.\n    hint: Did you mean `lists/targets.csv`?" == said(
        tmp_path, None, statement
    )


def test_a_file_that_is_not_there_and_nothing_like_it(tmp_path: Path) -> None:
    assert (
        "E132 error: There is no file `targets.csv`.\n    hint: The path starts at the folder of this rule file."
    ) == said(tmp_path, None)


def test_a_path_with_backslashes(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "targets.csv").write_text("a.com\n")
    statement = r'list targets from "lists\\targets.csv"'
    assert ("E132 error: There is no file `lists\\targets.csv`.\n    hint: Did you mean `lists/targets.csv`?") == said(
        tmp_path, None, statement
    )


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "targets.csv").mkdir()
    assert "E133 error: `targets.csv` can't be read: it is no file.\n    hint: A list is a CSV file." == said(
        tmp_path, None
    )


def test_a_loop_of_links_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "targets.csv").symlink_to(tmp_path / "targets.csv")
    assert said(tmp_path, None).startswith(("E132 ", "E133 "))


@pytest.mark.parametrize("path", ["", "nul\0.csv", "x" * 5_000])
def test_a_path_that_no_file_can_have(tmp_path: Path, path: str) -> None:
    assert said(tmp_path, None, f'list targets from "{path}"').startswith(("E132 ", "E133 "))


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    assert (
        "E134 error: `targets.csv` is not in UTF-8 (line 3).\n"
        "    hint: Save it again as UTF-8; in Excel that is `CSV UTF-8 (Comma delimited)`."
    ) == said(tmp_path, "domain\na.com\nmüller.de\n".encode("latin-1"))


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    assert ("E135 error: `targets.csv` has no column `domain`.\n    hint: Did you mean `domains`?") == said(
        tmp_path, b"name,domains\nAcme,a.com\n"
    )
    assert (
        "E135 error: `targets.csv` has no column `domain`.\n    hint: Its first line names `company`, `www`."
    ) == said(tmp_path, b"company,www\nAcme,a.com\n")


def test_an_empty_file_or_column(tmp_path: Path) -> None:
    hint = "\n    hint: Fill it, or take the list out."
    assert f"E136 error: `targets.csv` is empty, so nothing would ever be in this list.{hint}" == said(
        tmp_path, b"\n\n"
    )
    assert (
        f"E136 error: The column `domain` of `targets.csv` is empty, so nothing would ever be in this list.{hint}"
    ) == said(tmp_path, b"name,domain\nAcme,\n")


def test_several_columns_need_a_name(tmp_path: Path) -> None:
    assert (
        'E137 error: `targets.csv` has 2 columns.\n    hint: Say which one holds the values: `column "Company name!"`.'
    ) == said(tmp_path, b"Company name!,domain\nAcme,a.com\n", FROM)


def test_a_cell_without_end_is_no_csv(tmp_path: Path) -> None:
    assert said(tmp_path, b'domain\n"' + b"x" * 200_000).startswith("E133 error: `targets.csv` can't be read: field")


def test_lists_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_VALUES", 3)
    assert (
        "E406 error: This list has more than 3 values.\n    hint: Load what it says as a trait of the leads instead."
    ) == said(tmp_path, b"domain\na\nb\nc\nd\n")


def test_the_files_of_all_lists_have_a_size_together(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_bytes(b"x" * (limits.LIST_BYTES - 4))
    (tmp_path / "two.csv").write_bytes(b"a.com\n")
    _, diagnostics = checked_files(tmp_path, rules='list two from "two.csv"\nlist one from "one.csv"\n')
    assert (
        "E405 error: With `one.csv` the lists of this rule set are larger than 16 MB.\n"
        "    hint: Keep only the column that is needed, or load it as a trait of the leads."
    ) == shown(diagnostics)


def test_a_list_holds_no_booleans(tmp_path: Path) -> None:
    (tmp_path / "targets.csv").write_bytes(b"a.com\nb.com\n")
    rules = "schema lead (domain: boolean, size: number)\nrule b: lead.size in targets => SQL\n"
    _, diagnostics = checked_files(tmp_path, rules=f"{FROM}\n{rules}{ASKS}")
    hint = "\n    hint: Take a property that is text.\n    line 1: the list is defined here"
    assert (
        f"E214 error: `size` is a number, and the list `targets` holds nothing of that type.{hint}\n"
        f"E214 error: `domain` is a boolean, and the list `targets` holds nothing of that type.{hint}"
    ) == shown(diagnostics)


def test_a_list_that_is_wrong_is_told_of_once(tmp_path: Path) -> None:
    assert 1 == said(tmp_path, None).count("error")
