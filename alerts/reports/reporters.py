"""Who reported: a name and a phone that nobody who deals with the ticket may see. Pure.

What people write about themselves into the words of a report is taken out of them before anything is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HIDDEN = "***"
_NUMBERS = re.compile(
    r"(?<!\d)(?:(?:\+?86[-\s]?)?1[3-9]\d(?:[-\s]?\d{4}){2}|0\d{2,3}[-\s]?\d{7,8}|\d{17}[\dXx]|\+\d{7,15})(?!\d)"
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


def digits_of(phone: str) -> str:
    """A phone without what people put between its digits, nor the country code of China."""
    plain = "".join(letter for letter in phone.translate(_WIDE) if letter in "0123456789")
    return plain[2:] if len(plain) == 13 and plain.startswith("86") else plain


def discreet(words: str, reporter: Reporter | None) -> str:
    """Words without the reporter's name, and without what looks like anybody's phone or identity card."""
    told = _NUMBERS.sub(HIDDEN, words.translate(_WIDE))
    if reporter is None:
        return told
    for secret in (reporter.phone.strip(), reporter.digits, reporter.name.strip()):
        if len(secret) >= 2:
            told = told.replace(secret, HIDDEN)
    return told
