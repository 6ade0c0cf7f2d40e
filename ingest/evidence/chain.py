"""The chain behind the evidence: what is kept, told or deleted is a link with the hash of the one before.

Who alters or removes a link breaks every later one. A deletion by retention is a link of its own, so a file that is
lawfully gone differs from one that somebody took away. Pure; the links lie in the ledger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NOTHING = "0" * 64  # stands before the first link
Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Link:
    """Number ``n`` (from 1, without gaps), what happened as JSON text, and the hashes (64 hex digits)."""

    n: int
    before: str
    body: str
    hash: str

    @property
    def facts(self) -> dict[str, Fact]:
        """What happened, as it was written."""
        return dict(json.loads(self.body))


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain: noted elsewhere, it shows later whether links were cut off or all made anew."""

    n: int = 0
    hash: str = NOTHING

    def __str__(self) -> str:
        """Write it as ``N:HASH``."""
        return f"{self.n}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Break:
    """The first link that is not as it was written, and what is wrong with it."""

    n: int
    reason: str


def link_after(head: Head, facts: Mapping[str, Fact]) -> Link:
    """Make the next link."""
    body = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Link(head.n + 1, head.hash, body, hash_of(head.n + 1, head.hash, body))


def hash_of(number: int, before: str, body: str) -> str:
    """Return the SHA-256 of a link's number, forerunner and text."""
    return hashlib.sha256(f"{number}\n{before}\n{body}".encode()).hexdigest()


def head_of(text: str) -> Head:
    """Read ``N:HASH``; ``ValueError`` for anything else."""
    number, _, digest = text.strip().partition(":")
    if not number.isdecimal() or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError(f"{text!r} is no head of the chain; write N:HASH as `jingcun evidence status` prints it")
    return Head(int(number), digest)


def first_break(links: Iterable[Link], noted: Iterable[Head] = ()) -> Break | None:
    """Walk the links in their order; return the first that is wrong, None when all stand.

    ``noted`` are heads that were written down elsewhere: the chain must still pass through each of them.
    """
    known = {head.n: head.hash for head in noted if head.n}
    last = Head()
    for link in links:
        wrong = _wrong(link, last, known)
        if wrong:
            return Break(min(link.n, last.n + 1), wrong)
        last = Head(link.n, link.hash)
    longest = max(known, default=0)
    if longest > last.n:
        return Break(last.n + 1, f"missing: the chain ends at link {last.n}, but link {longest} was noted before")
    return None


def _wrong(link: Link, last: Head, known: Mapping[int, str]) -> str:
    if link.n != last.n + 1:
        return f"missing: after link {last.n} comes link {link.n}"
    if link.before != last.hash:
        return "it does not follow from the link before: that one, or this one, was exchanged"
    if link.hash != hash_of(link.n, link.before, link.body):
        return "its text does not give its hash: it was altered"
    if known.get(link.n, link.hash) != link.hash:
        return "another hash was noted for it before: the chain up to here was made anew"
    return ""
