"""What Arrow has read of files of others, before polars gets it: types that it knows, and nothing that leads it astray.

Polars takes offsets, codes and text at their word, and ends the process where they lead out of their buffers. It looks
at values, too, that are there but null, which nobody validates. Arrow is not imported here but where it is used.
"""

import re
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Rows = TypeVar("Rows")

_OFFSET = re.compile(r"[+-]\d\d:\d\d", re.ASCII)


def is_known(type: Any) -> bool:
    """Whether polars knows an Arrow type; over others it says much before it gives up."""
    from pyarrow import types

    if types.is_timestamp(type):
        return _is_in_a_zone(type)
    if types.is_union(type) or types.is_interval(type) or types.is_decimal256(type) or types.is_run_end_encoded(type):
        return False
    if types.is_list_view(type) or types.is_large_list_view(type):
        return False
    if types.is_dictionary(type):
        return is_known(type.value_type)
    return all(is_known(type.field(number).type) for number in range(type.num_fields))


def _is_in_a_zone(timestamp: Any) -> bool:
    try:
        zone = timestamp.tz
        return zone is None or _OFFSET.fullmatch(zone) is not None or bool(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def sound(rows: Rows) -> Rows:
    """A table or batch of Arrow with the same rows, safe to hand on. Raises ``ArrowInvalid`` for a damaged one."""
    given: Any = rows
    given.validate(full=True)
    for number, field in enumerate(given.schema):
        type = _without_views(field.type)
        if type != field.type:
            column = given.column(number).cast(type)
            given = given.set_column(number, field.with_type(type), column)
    return given  # type: ignore[no-any-return]


def _without_views(type: Any) -> Any:
    """A type with texts in the place of views of texts: of a view that is null, anything may be the length."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_string_view(type):
        return pa.large_string()
    if types.is_binary_view(type):
        return pa.large_binary()
    if isinstance(type, pa.BaseExtensionType):
        plain = _without_views(type.storage_type)
        return type if plain == type.storage_type else plain
    if types.is_dictionary(type):
        return pa.dictionary(type.index_type, _without_views(type.value_type), type.ordered)
    if types.is_map(type):
        return pa.map_(_without_views(type.key_type), _without_views(type.item_type))
    if types.is_struct(type):
        return pa.struct([_field(type.field(number)) for number in range(type.num_fields)])
    if types.is_fixed_size_list(type):
        return pa.list_(_field(type.value_field), type.list_size)
    if types.is_large_list(type):
        return pa.large_list(_field(type.value_field))
    return pa.list_(_field(type.value_field)) if types.is_list(type) else type


def _field(field: Any) -> Any:
    return field.with_type(_without_views(field.type))
