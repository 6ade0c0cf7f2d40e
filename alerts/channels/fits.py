"""Makes words fit what a provider takes: bytes, characters, one line; and nothing of ours acts as its markup."""

from __future__ import annotations

import re

from alerts.channels import Letter

_MARKUP = str.maketrans("<>", "＜＞")
_MARKDOWN = str.maketrans("[]()*`#_~", "［］（）＊｀＃＿～")
_LEAD = re.compile(r"[^。；;！!]{0,12}[:：]\s*$")  # 处理: before a link that is left out


def clean(text: str, keep: str = "\n") -> str:
    """Without control characters and half characters (which no JSON carries), except those of ``keep``."""
    return "".join(char if char.isprintable() or char in keep else " " for char in text)


def one_line(text: str) -> str:
    """Without line breaks, and one space where there were several."""
    return " ".join(clean(text, keep="").split())


def harmless(text: str) -> str:
    """``<`` and ``>`` in their Chinese form: no tag, no ``<@all>`` out of what a citizen wrote."""
    return clean(text).translate(_MARKUP)


def harmless_markdown(text: str) -> str:
    """``harmless``, and what Markdown would read as a link, a heading or emphasis, too."""
    return harmless(text).translate(_MARKDOWN)


def within_bytes(text: str, most: int) -> str:
    """Cut to at most ``most`` bytes of UTF-8, between two characters."""
    return text.encode()[:most].decode(errors="ignore")


def within_units(text: str, most: int) -> str:
    """Cut to at most ``most`` characters as phones count them: an emoji is two."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")


def units(text: str) -> int:
    """How many characters a phone counts: an emoji and a rare character of a name are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(words: str, most: int, end: str = "") -> str:
    """``words`` and ``end`` (a link) in at most ``most`` bytes of UTF-8: the words are cut, which … shows."""
    if len((words + end).encode()) <= most:
        return words + end
    room = most - len(end.encode()) - len("…".encode())
    return within_bytes(words, max(room, 0)) + "…" + end if room > 0 else within_bytes(words, most)


def words_of(letter: Letter) -> str:
    """The text without the link at its end and without 处理: before it."""
    if not letter.link or not letter.text.endswith(letter.link):
        return letter.text
    return _LEAD.sub("", letter.text.removesuffix(letter.link))


def lead_of(letter: Letter) -> str:
    """What stands between the words and the link: 处理: or 查看:."""
    return letter.text.removesuffix(letter.link)[len(words_of(letter)) :] if letter.link else ""
