"""Whether the evidence is still what it was: chain, rows and files must say the same. Reads only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ingest.evidence.chain import Break, Head, Link, first_break
from ingest.evidence.files import Files, disk
from ingest.evidence.ledger import GOING, GONE, KEPT, Ledger


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one file that is not as the chain says."""

    sha256: str
    words: str


@dataclass(slots=True)
class Verdict:
    """What a verification found; ``broken`` is the first link that does not stand."""

    links: int = 0
    files: int = 0
    deleted: int = 0
    broken: Break | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether everything is as it was written."""
        return self.broken is None and not self.findings


def verify(ledger: Ledger, files: Files, noted: Iterable[Head], read_all: bool = True) -> Verdict:
    """Walk chain, rows and files. ``read_all`` computes every file's hash anew, else only its being there counts."""
    verdict = Verdict()
    said: dict[str, bool] = {}
    verdict.broken = first_break(_followed(ledger.links(), said, verdict), noted)
    for link in _rest(ledger, verdict):
        _follow(link, said, verdict)
    rows = {row.sha256: row.state for row in ledger.rows()}
    verdict.findings += _rows(rows, said)
    for sha256, here in said.items():
        words = "" if rows.get(sha256) == GOING else _file(files, sha256, here, read_all)
        if words:
            verdict.findings.append(Finding(sha256, words))
        verdict.files += here
        verdict.deleted += not here
    return verdict


def _followed(links: Iterator[Link], said: dict[str, bool], verdict: Verdict) -> Iterator[Link]:
    for link in links:
        _follow(link, said, verdict)
        yield link


def _follow(link: Link, said: dict[str, bool], verdict: Verdict) -> None:
    verdict.links += 1
    try:
        facts = link.facts
    except ValueError:  # altered beyond reading: the break says so
        return
    if facts.get("act") in {"kept", "deleted"}:
        said[str(facts.get("sha256"))] = facts["act"] == "kept"


def _rest(ledger: Ledger, verdict: Verdict) -> Iterator[Link]:
    """The links behind a break still say what should be there."""
    if verdict.broken is not None:
        seen = verdict.links
        for index, link in enumerate(ledger.links()):
            if index >= seen:
                yield link


def _rows(rows: Mapping[str, str], said: Mapping[str, bool]) -> list[Finding]:
    found = [
        Finding(sha256, "it has a row, but no link says that it was kept")
        for sha256, state in rows.items()
        if state != GONE and not said.get(sha256, False)
    ]
    found += [
        Finding(sha256, "the chain says that it is kept, but its row is missing or says otherwise")
        for sha256, here in said.items()
        if here and rows.get(sha256) not in {KEPT, GOING}
    ]
    return found


def _file(files: Files, sha256: str, here: bool, read_all: bool) -> str:
    """Say what is wrong with one file, "" when nothing is."""
    if not here:
        return "the chain says that it was deleted, but the file is here" if files.has(sha256) else ""
    place = files.path(sha256) if read_all else None
    if place is None:
        return "" if not read_all and files.has(sha256) else "the file is missing, and no link says that it was deleted"
    with disk(), place.open("rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
    return "" if same else "the file does not give its hash: it was altered"
