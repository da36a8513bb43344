"""Traits of leads from files and tables: a column ``lead``, every other column a trait."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import polars as pl

from mqlrules.check.program import Program
from mqlrules.events.errors import DataError
from mqlrules.events.model import Lead
from mqlrules.events.traits import as_traits
from mqlrules.readers.assemble import Wanted, leads, rejected_rows, trait_columns
from mqlrules.readers.cells import whole_or_text
from mqlrules.readers.columns import ColumnNames, check_header, find_leads
from mqlrules.readers.inputs import inputs_of
from mqlrules.readers.raw import Raw
from mqlrules.readers.read import raw_of
from mqlrules.readers.rejects import Rejects, Remark, in_line_order, rejects_of, together
from mqlrules.readers.tables import is_table, read_table


@attrs.frozen(eq=False)
class LeadTable:
    """Traits by lead (a missing one is left out), the rows that can't be read, and what there is to remark on."""

    traits: dict[Lead, dict[str, Any]]
    rejects: Rejects = attrs.field(factory=Rejects)
    remarks: tuple[Remark, ...] = ()


def read_leads(
    inputs: Any,
    *,
    columns: ColumnNames | None = None,
    program: Program | None = None,
    text: bool = False,
) -> LeadTable:
    """The traits of leads in files, folders, globs or tables; or as ``{lead: {trait: value}}`` or rows with ``lead``.

    Of several rows of one lead the later ones add to the earlier ones. In CSV, ``schema lead`` of the program decides
    the types it speaks of. With ``text`` all leads are text, since those of the events are. The column of leads is the
    one that ``columns`` names for such tables, else that of the events, or ``lead``. Raises ``DataError`` for an input
    that can't be read at all.
    """
    names = columns or ColumnNames()
    given: Sequence[Any]
    if isinstance(inputs, Mapping) or (_is_rows(inputs)):
        return _like(LeadTable(as_traits(inputs)), text)
    given = [inputs] if isinstance(inputs, (str, Path)) or is_table(inputs) else list(inputs)
    raws: list[Raw] = []
    for each in given:
        if is_table(each):
            raws.append(read_table(each, "leads"))
        else:
            raws.extend(raw_of(file, Wanted(names)) for file in inputs_of(each))
    traits: dict[Lead, dict[str, Any]] = {}
    rejects: list[Rejects] = []
    remarks: list[Remark] = []
    parts = [_part(raw, names, program) for raw in raws]
    some_text = any(lead.dtype == pl.String and lead.null_count() < len(lead) for lead, _, _, _ in parts)
    for lead, rows, rejected, remarked in parts:
        rejects.append(rejected)
        remarks.extend(remarked)
        for name, row in zip((lead.cast(pl.String) if some_text else lead).to_list(), rows, strict=True):
            traits.setdefault(name, {}).update(row)
    return _like(LeadTable(traits, together(rejects), tuple(remarks)), text)


def _is_rows(inputs: Any) -> bool:
    return isinstance(inputs, (list, tuple)) and bool(inputs) and isinstance(inputs[0], Mapping)


def _part(
    raw: Raw, names: ColumnNames, program: Program | None
) -> tuple[pl.Series, list[dict[str, Any]], Rejects, list[Remark]]:
    check_header(raw.name, raw.frame.columns)
    try:
        name = find_leads(raw.name, raw.frame.columns, names)
    except DataError as error:
        raise DataError(error.file, error.message + raw.note, error.hint) from None
    lead, reasons = leads(raw, name)
    good = reasons.is_null()
    rows = good.arg_true()
    lead = lead.gather(rows)
    if raw.cells:
        lead = whole_or_text(lead)
    columns, remarks = trait_columns(raw, name, rows, program)
    traits: list[dict[str, Any]] = [{} for _ in range(len(rows))]
    for trait, column in columns.items():
        for row, value in zip(traits, column.values(), strict=True):
            if value is not None:
                row[trait] = value
    rejects = in_line_order([rejects_of(raw.rejected), rejected_rows(raw, reasons, good)])
    return lead, traits, rejects, [*raw.remarks, *remarks]


def _like(table: LeadTable, text: bool) -> LeadTable:
    """Leads as text where those of the events are: ``7`` and ``"7"`` are one lead in files."""
    if not text:
        return table
    return attrs.evolve(table, traits={str(lead): traits for lead, traits in table.traits.items()})
