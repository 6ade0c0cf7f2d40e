"""Evidence from long ago, laid into the store of a chaos run so that deletions happen while everything is killed.

The shortest period that the settings take is a day, and no run lasts so long. So pieces are laid as if they had been
kept a hundred days ago: loose ones must go, held ones must stay, and some holds race with the deletion.
"""

from __future__ import annotations

import hashlib
import random
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from ingest.evidence.files import Folder
from ingest.evidence.holds import Hold, HoldBook, Release
from ingest.evidence.ledger import Kept, Ledger
from ingest.evidence.verify import Verdict, verify
from ingest.evidence.wiring import heads_of

LONG_AGO = timedelta(days=100)
LAY_EVERY_S = 1.0
LATE_S = (0.0, 8.0)  # how long after it was laid a late hold comes
FATES = ("loose", "held", "late", "released")


@dataclass(slots=True)
class Piece:
    """One file on its way into the attic; what is done already stays done when the database goes away."""

    data: bytes
    kind: str
    fate: str
    ticket: UUID
    hold: UUID
    due: float = 0.0
    laid: bool = False

    @property
    def sha256(self) -> str:
        """Its name in the store."""
        return hashlib.sha256(self.data).hexdigest()


class Attic:
    """Lays pieces and holds them; ``must_stay`` are those that were there when their hold was committed."""

    def __init__(self, url: str, county: str, root: Path, dice: random.Random) -> None:
        """Use the county's evidence ledger at a database address, and its files in a folder."""
        self._files = Folder(root)
        self._heads = heads_of(root)
        with ExitStack() as stack:
            self._ledger = Ledger(url, county)
            stack.callback(self._ledger.close)
            self._holds = HoldBook(url, county)
            stack.callback(self._holds.close)
            self._opened = stack.pop_all()
        self._dice = dice
        self._next = 0.0
        self._open: list[Piece] = []
        self.must_stay: set[str] = set()

    def step(self, clock: float, *, more: bool = True) -> None:
        """Lay the next piece when it is time (``more``), and do what is due; ``StoreAway``: call again later."""
        if more and clock >= self._next:
            self._next = clock + LAY_EVERY_S
            fate, kind = self._dice.choice(FATES), self._dice.choice(("picture", "clip"))
            late = clock + self._dice.uniform(*LATE_S) if fate == "late" else 0.0
            self._open.append(Piece(self._dice.randbytes(200), kind, fate, uuid4(), uuid4(), late))
        for piece in list(self._open):
            if self._done(piece, clock):
                self._open.remove(piece)

    @property
    def finished(self) -> bool:
        """Whether nothing is under way."""
        return not self._open

    def held_deleted(self) -> int:
        """How many files are gone that were held while they were there."""
        return sum(not self._files.has(sha256) for sha256 in self.must_stay)

    def verify(self) -> Verdict:
        """Whether chain, rows and files say the same."""
        return verify(self._ledger, self._files, self._heads.read()[0])

    def close(self) -> None:
        """Close the database connections."""
        self._opened.close()

    def _done(self, piece: Piece, clock: float) -> bool:
        if piece.fate in {"held", "released"}:
            self._hold(piece)
        if not piece.laid:
            self._lay(piece)
        if piece.fate == "late" and clock < piece.due:
            return False
        if piece.fate == "late":
            self._hold(piece)
        if piece.fate != "loose" and self._files.has(piece.sha256):
            self.must_stay.add(piece.sha256)
        if piece.fate == "released":
            self._holds.release(Release(id=uuid4(), ticket=piece.ticket, at=datetime.now(UTC)))
        return True

    def _lay(self, piece: Piece) -> None:
        self._files.put(piece.sha256, piece.data)
        facts = {"device": "attic", "content_type": "application/octet-stream"}
        kept = Kept(piece.sha256, piece.kind, len(piece.data), facts)
        self._ledger.kept(kept, datetime.now(UTC) - LONG_AGO, lambda: self._files.has(piece.sha256))
        piece.laid = True

    def _hold(self, piece: Piece) -> None:
        self._holds.hold(Hold(id=piece.hold, ticket=piece.ticket, at=datetime.now(UTC), sha256=piece.sha256))
