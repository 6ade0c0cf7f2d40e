"""The door: from deliveries to committed rows, acknowledgements and receipts, in this order and in batches.

Nothing is acknowledged or receipted before it is committed. While the database or the disk is away the door is shut:
boxes hold their messages, and the batch in hand is tried again until it is in.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from broker.downward import Outcome, Receipt, ReceiptLine
from broker.journal import about
from broker.link import Delivery, LinkError
from broker.messages import Frozen
from broker.parse import dump, parse_up
from broker.topics import BULK
from county.snapshot import County
from ingest.dead_letters import DeadLetters, Refusal
from ingest.evidence import Evidence, EvidenceAway
from ingest.inbox import Inbox
from ingest.judge import Accepted, Newest, Refused, Verdict, judge
from ingest.lane import Lane, Room, flow, linger
from ingest.latest import Latest, LatestValue
from ingest.lease import Fenced
from ingest.pictures import BadEvidence
from ingest.receipts import gather
from ingest.sign import Sign
from ingest.store import StoreAway
from ingest.told import tell

log = logging.getLogger(__name__)

OUR_FAULT = "the server has a fault with this message; see its log"

Crash = Callable[[str], None]


def no_crash(_point: str) -> None:
    """Do nothing at a named crash point (the default outside chaos runs)."""


class Sender(Protocol):
    """What the door needs of a link."""

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, correlation: bytes | None = None
    ) -> None:
        """Hand over one message, or raise a ``LinkError``."""


MAIN = Room(20_000, 64_000_000, share=256, share_bytes=4_000_000)
BULK_ROOM = Room(500, 16_000_000, share=128, share_bytes=4_000_000)  # chunks of at most 32 kB


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is taken at once, and how much may wait; times in seconds."""

    batch_rows: int = 500
    longest_s: float = 0.01  # how long a batch grows at most; how long it does, the load says
    main: Room = MAIN
    bulk: Room = BULK_ROOM
    push_back_s: float = 5.0  # how long a full lane holds the network thread, and so the broker
    retry_s: float = 1.0
    newest_s: float = 0.5  # latest values are written this often


PACE = Pace()


@dataclass(frozen=True, slots=True)
class Books:
    """Where the door writes."""

    inbox: Inbox
    letters: DeadLetters
    latest: Latest
    evidence: Evidence


@dataclass(slots=True)
class Tally:
    """What the door has seen since it started."""

    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    newest: int = 0
    overflowed: int = 0
    strays: int = 0
    unsent_receipts: int = 0
    batches: int = 0
    faults: int = 0


class DoorHealth(Frozen):
    """How the door is: the payload of the latest value ``(ingest, door)``; counts are since its start.

    ``overflowed`` counts what was left to be sent again because its device or the door had too much waiting; ``strays``
    the ids of a closed month or a wrong clock; ``series`` says why the series store is away, "" while it answers.
    """

    at: datetime
    open: bool
    reason: str
    connected: bool
    waiting: int
    dead_letters: int
    stored: int
    duplicates: int
    refused: int
    overflowed: int
    strays: int = 0
    series: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A delivery and what is to be done with it; ``verdict`` is None until the writer has judged it."""

    delivery: Delivery
    at: datetime
    verdict: Verdict | None = None


@dataclass(slots=True)
class _Batch:
    """The verdicts of one batch, sorted by what is to be done."""

    accepted: list[tuple[Accepted, Judged]] = field(default_factory=list)
    refused: list[tuple[Refused, Judged]] = field(default_factory=list)


class Door:
    """One county's door. ``deliver`` runs on the network thread, ``write`` and ``file`` each on a thread of theirs."""

    def __init__(
        self,
        books: Books,
        registry: Callable[[], County],
        now: Callable[[], datetime],
        pace: Pace = PACE,
        crash: Crash = no_crash,
    ) -> None:
        """``registry`` gives the county as it is known now."""
        self.tally = Tally()
        self.fence = 0
        self.sign = Sign(registry().code, now)
        self._books = books
        self._registry = registry
        self._now = now
        self._pace = pace
        self._crash = crash
        self._sender: Sender | None = None
        self._main: Lane[Judged] = Lane(pace.main)
        self._bulk: Lane[Judged] = Lane(pace.bulk)
        self._rate = 0.0
        self._took_at = time.monotonic()
        self._newest: dict[tuple[str, str], LatestValue] = {}
        self._newest_due = 0.0

    def use(self, sender: Sender) -> None:
        """Send receipts and the door's state over this link from now on."""
        self._sender = sender
        self.sign.use(sender)

    def deliver(self, delivery: Delivery) -> None:
        """Take one delivery; a full lane holds the network thread a while and with it every sender.

        What a device sends over its share, or what still finds no room, is acknowledged without a receipt: its box
        keeps it and sends it again. (Left unacknowledged it would fill the broker's window and shut out the others.)
        """
        if self.sign.sees(delivery):
            return
        rest, _, kind = delivery.topic.rpartition("/")
        lane = self._bulk if kind in BULK else self._main
        judged = Judged(delivery, self._now())
        if not lane.put(rest.rpartition("/")[2], judged, len(delivery.payload), self._pace.push_back_s):
            self.tally.overflowed += 1
            if self.tally.overflowed % 1000 == 1:
                log.warning(
                    "too much waits of %s; %d deliveries were left to be sent again",
                    rest,
                    self.tally.overflowed,
                    extra=about(device=rest.rpartition("/")[2]),
                )
            delivery.ack()

    def waiting(self) -> int:
        """Return how many deliveries wait."""
        return len(self._main) + len(self._bulk)

    def health(self, connected: bool) -> DoorHealth:
        """Return how the door is now."""
        seen = self.tally
        return DoorHealth(
            at=self._now(), open=self.sign.open, reason=self.sign.reason, connected=connected, waiting=self.waiting(),
            dead_letters=self._books.letters.count(), stored=seen.stored, duplicates=seen.duplicates,
            refused=seen.refused, overflowed=seen.overflowed, strays=seen.strays,
        )  # fmt: skip

    def write(self, stop: threading.Event) -> None:
        """Write batches until ``stop``; raises ``Fenced`` when another process holds the lease."""
        while not stop.is_set():
            batch = self._collect()
            if batch:
                self._take(batch, stop)
            self._write_newest()

    def file(self, stop: threading.Event) -> None:
        """Bring chunks of pictures and clips to disk, then hand their rows to the writer, until ``stop``."""
        while not stop.is_set():
            for judged in self._bulk.take(1, 0.0, 0.2):
                filed = self._filed(judged, stop)
                while filed is not None and not self._hand_on(filed) and not stop.wait(0.05):
                    continue

    def again(self, topic: str, payload: bytes, correlation: bytes | None) -> str | None:
        """Judge a dead letter once more; returns None when it is stored now, else the reason."""
        now = self._now()
        verdict = self._judge(Judged(Delivery(topic, payload, correlation, False, lambda: None), now))
        if isinstance(verdict, Accepted):
            verdict = self._keep_chunk(verdict)
        if isinstance(verdict, Refused):
            return verdict.reason
        if isinstance(verdict, Newest):
            return "it is a latest value and out of date by now; nothing to store"
        self._books.inbox.append([verdict.incoming], self.fence)
        return None

    def _hand_on(self, filed: Judged) -> bool:
        """Give a filed chunk to the writer; its bytes lie on disk, so only its description counts."""
        return self._main.put(f"{filed.delivery.topic} filed", filed, 500, 0.5)

    def _collect(self) -> list[Judged]:
        pace = self._pace
        batch = self._main.take(pace.batch_rows, linger(self._rate, pace.longest_s), 0.2)
        now = time.monotonic()
        self._rate = flow(self._rate, len(batch), now - self._took_at)
        self._took_at = now
        return batch

    def _take(self, batch: Sequence[Judged], stop: threading.Event) -> None:
        sorted_out = self._sort(batch)
        lines: list[ReceiptLine] | None = None
        while lines is None:
            try:
                lines = self._commit(sorted_out)
            except StoreAway as fault:
                self.sign.shut("database", str(fault))
                if stop.wait(self._pace.retry_s):
                    return  # neither acknowledged nor receipted: the boxes send it again
        self.sign.reopen("database")
        self._crash("ingest.after_commit")
        for judged in batch:
            judged.delivery.ack()
        self._crash("ingest.after_puback")
        self._receipt(sorted_out, lines)
        self.tally.batches += 1

    def _sort(self, batch: Sequence[Judged]) -> _Batch:
        done = _Batch()
        for judged in batch:
            verdict = judged.verdict or self._judge(judged)
            if isinstance(verdict, Accepted):
                done.accepted.append((verdict, judged))
            elif isinstance(verdict, Refused):
                done.refused.append((verdict, judged))
            else:
                self.tally.newest += 1
                self._newest[verdict.value.device, verdict.value.kind] = verdict.value
        return done

    def _judge(self, judged: Judged) -> Verdict:
        delivery = judged.delivery
        parsed = parse_up(delivery.topic, delivery.payload, delivery.correlation)
        try:
            return judge(parsed, delivery.payload, self._registry(), judged.at)
        except Exception:  # the door: one message that trips a fault of ours must not stop the next good one
            self.tally.faults += 1
            log.exception(
                "judging a message of %s failed",
                delivery.topic[:200],
                extra=about(parsed.address, message_id=parsed.message_id),
            )
            return Refused(OUR_FAULT, parsed.address, parsed.message_id)

    def _commit(self, batch: _Batch) -> list[ReceiptLine]:
        self._books.letters.put([_letter(verdict, judged) for verdict, judged in batch.refused])
        self._crash("ingest.before_commit")
        try:
            return self._append(batch.accepted)
        except (StoreAway, Fenced):
            raise
        except Exception:  # the door: which message it is comes out one by one, and the others come in
            self.tally.faults += 1
            log.exception("%d messages could not be stored together", len(batch.accepted))
            return self._one_by_one(batch)

    def _append(self, accepted: Sequence[tuple[Accepted, Judged]]) -> list[ReceiptLine]:
        return self._books.inbox.append([verdict.incoming for verdict, _ in accepted], self.fence)

    def _one_by_one(self, batch: _Batch) -> list[ReceiptLine]:
        """Store each message alone; what cannot be stored becomes a dead letter: it would come again for ever."""
        lines: list[ReceiptLine] = []
        for one in tuple(batch.accepted):
            try:
                lines += self._append([one])
            except (StoreAway, Fenced):
                raise
            except Exception:
                verdict, judged = one
                log.exception("storing a message of %s failed", verdict.address.device)
                refused = Refused(OUR_FAULT, verdict.address, verdict.incoming.message_id)
                self._books.letters.put([_letter(refused, judged)])
                batch.accepted.remove(one)
                batch.refused.append((refused, judged))
        return lines

    def _receipt(self, batch: _Batch, lines: Sequence[ReceiptLine]) -> None:
        assert self._sender is not None
        self.tally.stored += sum(line.outcome is Outcome.STORED for line in lines)
        self.tally.strays += sum(bool(line.reason) for line in lines)
        self.tally.duplicates += sum(line.outcome is Outcome.DUPLICATE for line in lines)
        self.tally.refused += len(batch.refused)
        stored, refused = [verdict for verdict, _ in batch.accepted], [verdict for verdict, _ in batch.refused]
        tell(stored, lines, refused)
        for address, told in gather(stored, lines, refused):
            try:
                self._sender.publish(address.topic("receipt"), dump(Receipt(at=self._now(), lines=told)))
            except LinkError as fault:  # its box sends again and is told then
                self.tally.unsent_receipts += 1
                log.info("receipt for %s not sent: %s", address.device, fault, extra=about(address))

    def _filed(self, judged: Judged, stop: threading.Event) -> Judged | None:
        verdict = self._judge(judged)
        while isinstance(verdict, Accepted):
            try:
                verdict = self._keep_chunk(verdict)
                break
            except EvidenceAway as fault:
                self.sign.shut("evidence", str(fault))
                if stop.wait(self._pace.retry_s):
                    return None
        self.sign.reopen("evidence")
        return Judged(judged.delivery, judged.at, verdict)

    def _keep_chunk(self, verdict: Accepted) -> Accepted | Refused:
        """Bring a chunk to disk before its row; any other message passes as it is."""
        if verdict.chunk is None:
            return verdict
        try:
            self._books.evidence.chunk(verdict.chunk)
        except BadEvidence as fault:
            return Refused(str(fault), verdict.address, verdict.incoming.message_id)
        return verdict

    def _write_newest(self) -> None:
        if not self._newest or time.monotonic() < self._newest_due:
            return
        try:
            self._books.latest.put(list(self._newest.values()))
            self._newest.clear()
        except StoreAway as fault:
            log.warning("latest values wait: %s", fault)
        self._newest_due = time.monotonic() + self._pace.newest_s


def _letter(verdict: Refused, judged: Judged) -> Refusal:
    delivery = judged.delivery
    device = verdict.address.device if verdict.address is not None else ""
    return Refusal(verdict.reason, device, delivery.topic, delivery.payload, judged.at, delivery.correlation)
