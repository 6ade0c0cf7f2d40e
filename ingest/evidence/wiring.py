"""From settings to the parts of the evidence room: one place, used by the door, the screen and the command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ingest.evidence import Evidence, Reader, Shelf, utc_now
from ingest.evidence.files import Files, Folder
from ingest.evidence.keeper import Heads, Keeper
from ingest.evidence.ledger import Ledger
from ingest.evidence.periods import Policy
from ingest.evidence.s3 import Bucket, S3Settings
from ingest.store import Store

HEADS, CACHE = "chain-heads.txt", "cache"


@dataclass(frozen=True, slots=True)
class EvidencePlan:
    """How long evidence stays, how much there may be, and in which bucket it lies (None: in the folder)."""

    policy: Policy = field(default_factory=Policy)
    s3: S3Settings | None = None


def open_files(root: Path, plan: EvidencePlan) -> Files:
    """The store of whole files; ``EvidenceAway`` when S3 is wanted and its library is not installed."""
    return Bucket(plan.s3, root / CACHE) if plan.s3 else Folder(root)


def open_evidence(
    root: Path, plan: EvidencePlan, ledger: Ledger, reader: Reader | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Evidence:  # fmt: skip
    """The evidence of one server, written down in a ledger."""
    shelf = Shelf(open_files(root, plan), ledger, plan.policy.quota, now)
    return Evidence(root, reader, shelf=shelf)


def heads_of(root: Path) -> Heads:
    """Where the chain's heads are noted."""
    return Heads(root / HEADS)


def open_keeper(
    evidence: Evidence, plan: EvidencePlan, where: str | Store, county: str, crash: Callable[[str], None]
) -> Keeper:
    """The keeper of one county's evidence."""
    return Keeper(Ledger(where, county), evidence.files, plan.policy, evidence.root / HEADS, crash)
