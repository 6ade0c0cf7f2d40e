"""Words made to fit: cut between characters, the link never, and no markup out of what somebody wrote."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.fits import (
    clean,
    harmless,
    harmless_markdown,
    lead_of,
    one_line,
    shortened,
    within_bytes,
    within_units,
    words_of,
)
from tests.channels.letters import LINK, letter


def test_a_cut_falls_between_characters_and_is_shown() -> None:
    assert within_bytes("垃圾堆", 8) == "垃圾"
    assert within_units("a😀b", 2) == "a"
    assert shortened("垃圾" * 10, 12) == "垃圾垃…"
    assert shortened("垃圾" * 20, 30, " https://x/1") == "垃圾垃圾垃… https://x/1"
    assert shortened("短", 30, "!") == "短!"


def test_where_the_end_alone_does_not_fit_the_words_remain() -> None:
    assert shortened("垃圾", 6, "https://x.example/long") == "垃圾"


@given(st.text(), st.text(max_size=5), st.integers(30, 200))
def test_whatever_it_is_it_fits_and_ends_as_it_must(words: str, end: str, most: int) -> None:
    words, end = clean(words), clean(end)
    made = shortened(words, most, end)
    assert len(made.encode()) <= most
    assert made.endswith(end)


@given(st.text(alphabet=st.characters()))
def test_what_no_json_can_carry_is_gone(text: str) -> None:
    clean(text).encode()
    assert len(one_line(text).splitlines()) <= 1


def test_no_tag_and_no_markdown_out_of_words() -> None:
    assert harmless("<@all>请看\n<a href=x>") == "＜@all＞请看\n＜a href=x＞"
    assert harmless_markdown("[点我](http://bad) **# `") == "［点我］（http://bad） ＊＊＃ ｀"


def test_the_words_of_a_letter_without_its_link() -> None:
    assert words_of(letter()) + lead_of(letter()) + LINK == letter().text
    assert lead_of(letter()) == "处理:"
    assert words_of(letter(text="县平台没有动静。", link="")) == "县平台没有动静。"
    assert lead_of(letter(text="县平台没有动静。", link="")) == ""
    assert words_of(letter(text="没有链接在末尾。")) == "没有链接在末尾。"
