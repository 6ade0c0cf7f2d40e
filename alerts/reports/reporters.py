"""Who reported: a name and a phone that nobody who deals with the ticket may see. Pure.

What people write about themselves into the words of a report is taken out of them before anything is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from county.values import Person

HIDDEN = "***"
_GAP = r"[\W_]{0,3}"  # what people put between the digits of a number or the letters of a name
_SPOKEN = dict(zip("0123456789", ("零〇", "一幺", "二", "三", "四", "五", "六", "七", "八", "九"), strict=True))


def _apart(*parts: str) -> str:
    """A pattern of these parts with anything that is no letter between them."""
    return _GAP.join(parts)


def _digits(figures: str) -> str:
    """One of these digits, as a figure or as a Chinese numeral."""
    return "[" + "".join(figure + _SPOKEN[figure] for figure in figures) + "]"


_ANY = _digits("0123456789")
_MOBILE = rf"(?:(?:00|\+)?86{_GAP})?" + _apart(_digits("1"), _digits("3456789"), *[_ANY] * 9)
_LAND_LINE = r"0[1-9]\d{1,2}[-\s.()]{0,2}\d{3,4}[-\s.]?\d{4}"
_YEAR, _MONTH = rf"(?:1{_GAP}9|2{_GAP}0)", rf"(?:0{_GAP}[1-9]|1{_GAP}[0-2])"  # of birth, in an identity card
_IDENTITY = _apart("[1-9]", *[r"\d"] * 5, _YEAR, r"\d", r"\d", _MONTH, "[0-3]", *[r"\d"] * 4, r"[\dXx]")
_NUMBERS = re.compile(
    rf"(?<!\d)(?:{_IDENTITY}|\d{{17}}[\dXx]|{_MOBILE}|{_LAND_LINE}|\+\d(?:[-\s.]?\d){{6,14}})(?!\d)"
)  # mobile and land-line numbers of the mainland, identity cards, foreign numbers
_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0B: "+", 0xFF0D: "-"}


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who may be thanked and asked back; ``person`` is the id of a member of the staff, or ""."""

    name: str = ""
    phone: str = ""
    person: str = ""

    @property
    def named(self) -> bool:
        """Whether anything is known."""
        return bool(self.name or self.phone or self.person)

    @property
    def digits(self) -> str:
        """The phone as it is compared."""
        return digits_of(self.phone)


def staffed(person: Person, named: Reporter | None) -> Reporter:
    """Who is said to report where one of the staff enters it: whom they name, or themselves.

    Whomever they name, the report stays theirs too: nobody hides that a report is their own and then judges it.
    """
    if named is None:
        return Reporter(person.name, person.phone, person.id)
    return Reporter(named.name, named.phone, person.id)


def digits_of(phone: str) -> str:
    """A phone without what people put between its digits, nor the country code of China."""
    plain = "".join(letter for letter in phone.translate(_WIDE) if letter in "0123456789")
    return plain[2:] if len(plain) == 13 and plain.startswith("86") else plain


def discreet(words: str, reporter: Reporter | None) -> str:
    """Words without the reporter's name, and without what looks like anybody's phone or identity card."""
    told = _NUMBERS.sub(HIDDEN, words.translate(_WIDE))
    if reporter is None:
        return told
    name = [re.escape(letter) for letter in reporter.name if letter.isalnum()]
    for secret in ([_digits(figure) for figure in reporter.digits], name):
        if len(secret) >= 2:
            told = re.sub(_apart(*secret), HIDDEN, told)
    return told
