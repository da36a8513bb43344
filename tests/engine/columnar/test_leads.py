"""Leads as codes: the same code for the same lead, and the lead again for the code."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqlrules.engine.columnar.leads import LeadCodes

NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 40)
CHUNKS_OF_NUMBERS = st.lists(st.lists(NUMBERS, max_size=30), max_size=6)
CHUNKS_OF_TEXTS = st.lists(st.lists(st.text(max_size=4), max_size=30), max_size=6)


@given(CHUNKS_OF_NUMBERS)
def test_numbers_have_the_place_at_which_they_are_first_met(chunks: list[list[int]]) -> None:
    _have_places(chunks, pa.int64())


@given(CHUNKS_OF_TEXTS)
def test_texts_have_the_place_at_which_they_are_first_met(chunks: list[list[str]]) -> None:
    _have_places(chunks, pa.string())


def _have_places(chunks: list[list[int]] | list[list[str]], kind: pa.DataType) -> None:
    codes = LeadCodes()
    met: dict[object, int] = {}
    for chunk in chunks:
        expected = [met.setdefault(lead, len(met)) for lead in chunk]
        assert expected == codes.of(pa.array(chunk, kind)).tolist()
    assert list(met) == codes.names(np.arange(len(met))).to_pylist()


def test_a_column_in_pieces_with_a_dictionary() -> None:
    codes = LeadCodes()
    column = pa.chunked_array([["b", "a", "b"], ["c", "a"]], pa.string()).dictionary_encode()
    found = codes.of(column)
    assert ["b", "a", "b", "c", "a"] == codes.names(found).to_pylist()


def test_numbers_and_texts_do_not_mix() -> None:
    codes = LeadCodes()
    codes.of(pa.array([1, 2]))
    with pytest.raises(TypeError, match="some leads are whole numbers and some are text"):
        codes.of(pa.array(["1"]))


def test_many_leads_far_apart() -> None:
    leads = np.random.default_rng(5).integers(-(2**62), 2**62, 200_000)
    codes = LeadCodes()
    found = np.concatenate([codes.of(pa.array(part)) for part in np.array_split(np.concatenate([leads, leads]), 7)])
    assert leads.tolist() * 2 == codes.names(found).to_pylist()
