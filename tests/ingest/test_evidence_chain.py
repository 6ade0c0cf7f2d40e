"""No link of the chain can be altered, exchanged, taken out or cut off without being named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.evidence.chain import NOTHING, Break, Fact, Head, Link, first_break, head_of, link_after

FACTS = st.dictionaries(
    st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=20), max_size=4
)
LISTS = st.lists(FACTS, min_size=1, max_size=8)


def chain(facts: list[dict[str, Fact]]) -> list[Link]:
    links, head = list[Link](), Head()
    for one in facts:
        links.append(link_after(head, one))
        head = Head(links[-1].n, links[-1].hash)
    return links


def again_from(links: list[Link], start: int, facts: dict[str, Fact]) -> list[Link]:
    """What somebody with the database can do: change one link and make every later one anew."""
    told = [link.facts for link in links]
    told[start] = facts
    return chain(told)


@given(LISTS)
def test_an_untouched_chain_stands(facts: list[dict[str, Fact]]) -> None:
    links = chain(facts)
    assert first_break(links) is None
    assert first_break(links, [Head(link.n, link.hash) for link in links]) is None
    assert [link.facts for link in links] == facts


@given(LISTS, st.data())
def test_an_altered_text_is_named(facts: list[dict[str, Fact]], data: st.DataObject) -> None:
    links = chain(facts)
    index = data.draw(st.integers(0, len(links) - 1))
    links[index] = replace(links[index], body=links[index].body + " ")
    found = first_break(links)
    assert found == Break(index + 1, "its text does not give its hash: it was altered")


@given(LISTS, st.data())
def test_a_link_made_anew_breaks_the_one_behind_it(facts: list[dict[str, Fact]], data: st.DataObject) -> None:
    links = chain([*facts, {"act": "kept"}])
    index = data.draw(st.integers(0, len(links) - 2))
    before = Head(links[index].n - 1, links[index].before)
    links[index] = link_after(before, {"act": "forged"})
    found = first_break(links)
    assert found is not None
    assert found.n == index + 2
    assert "exchanged" in found.reason


@given(LISTS, st.data())
def test_a_removed_link_is_named_by_its_number(facts: list[dict[str, Fact]], data: st.DataObject) -> None:
    links = chain([*facts, {"act": "kept"}])
    index = data.draw(st.integers(0, len(links) - 2))
    del links[index]
    found = first_break(links)
    assert found is not None
    assert found.n == index + 1
    assert "missing" in found.reason


@given(LISTS, st.integers(1, 8))
def test_a_chain_cut_off_at_its_end_is_found_by_a_noted_head(facts: list[dict[str, Fact]], cut: int) -> None:
    links = chain(facts)
    noted = Head(links[-1].n, links[-1].hash)
    left = links[: max(0, len(links) - cut)]
    assert first_break(left) is None  # nothing inside the chain shows it
    found = first_break(left, [noted])
    assert found is not None
    assert found.n == len(left) + 1


@given(LISTS, st.data())
def test_a_chain_made_anew_from_some_link_on_is_found_by_a_noted_head(
    facts: list[dict[str, Fact]], data: st.DataObject
) -> None:
    links = chain(facts)
    noted = Head(links[-1].n, links[-1].hash)
    forged = again_from(links, data.draw(st.integers(0, len(links) - 1)), {"act": "forged"})
    assert first_break(forged) is None
    found = first_break(forged, [noted])
    assert found is not None
    assert found.n == noted.n
    assert "made anew" in found.reason


def test_a_head_is_read_as_it_is_printed() -> None:
    head = Head(12, "ab" * 32)
    assert head_of(str(head)) == head
    assert Head().hash == NOTHING


@pytest.mark.parametrize("text", ["", "12", "12:", "x:" + "0" * 64, "1:" + "0" * 63, "1:" + "G" * 64, "-1:" + "0" * 64])
def test_anything_else_is_no_head(text: str) -> None:
    with pytest.raises(ValueError, match="no head of the chain"):
        head_of(text)
