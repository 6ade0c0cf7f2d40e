"""What a report is worth: one reward for a problem, to who reported it first, and only once it is verified. Pure.

A problem is a ticket; what comes back after it was dealt with is a new one. Money is ``Decimal`` in yuan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from alerts.tickets.verdicts import Verdict
from alerts.values import Source
from county.policy import Reward


class Deed(StrEnum):
    """What was done with a reward. ``words`` is what people read."""

    APPROVED = "approved"
    PAID = "paid"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> str:
        """The Chinese name."""
        return {Deed.APPROVED: "已批准", Deed.PAID: "已发放", Deed.WITHDRAWN: "已撤销"}[self]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. ``month`` is the calendar month in which the problem was reported, like 2026-11.

    ``payee`` is the number under which the reporter is sealed; ``by`` who did it, on whose word it stands.
    """

    ticket: UUID
    report: UUID
    payee: UUID
    deed: Deed
    amount: Decimal
    month: str
    by: str
    at: datetime
    words: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A report as far as a reward goes: ``payee`` and ``mark`` None and "" where nobody can be paid."""

    report: UUID
    at: datetime
    source: Source
    what: str
    month: str
    payee: UUID | None
    mark: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Problem:
    """A ticket with the reports of it, oldest first; ``found_by`` is who found it first.

    ``unsolved``: it was rewarded before, under a ticket that was forced shut.
    """

    ticket: UUID
    found_by: Source
    claims: tuple[Claim, ...]
    unsolved: bool = False


@dataclass(frozen=True, slots=True)
class Award:
    """What a report is worth; 0 with the reason why. ``payee`` is set where there is something to pay."""

    report: UUID | None
    payee: UUID | None
    amount: Decimal
    month: str
    words: str


NOTHING = Decimal(0)


def first_claim(problem: Problem) -> Claim | None:
    """The first report by a citizen that was not found untrue."""
    mine = (one for one in problem.claims if one.source is Source.REPORT)
    return next((one for one in mine if one.verdict is not Verdict.FALSE), None)


def award(problem: Problem, granted: Decimal, policy: Reward) -> Award:
    """What the problem is worth to its first reporter, who was granted so much for this month already."""
    first = first_claim(problem)
    if first is None:
        return Award(None, None, NOTHING, "", "没有属实的群众反映")
    why = _why_not(first, problem, policy)
    if why:
        return Award(first.report, None, NOTHING, first.month, why)
    amount = policy.amount(first.what)
    if policy.month_cap is None or granted + amount <= policy.month_cap:
        return Award(first.report, first.payee, amount, first.month, "已核实属实,可以奖励")
    left = max(NOTHING, policy.month_cap - granted)
    words = f"已核实属实,当月奖励以{policy.month_cap}元为限"
    return Award(first.report, first.payee if left else None, left, first.month, words)


def _why_not(first: Claim, problem: Problem, policy: Reward) -> str:
    if problem.unsolved:
        return "这个问题此前已经奖励过,强制结案后还没有解决"
    if first.verdict is None:
        return "还没有核实"
    if first.verdict is not Verdict.TRUE:
        return "核实结果是看不清"
    if problem.found_by is not Source.REPORT and not policy.known:
        return f"此前已由{problem.found_by.words}发现"
    if first.payee is None or not first.mark:
        return "没有留下联系方式"
    return "" if policy.amount(first.what) else "这一类问题没有奖励"


def state_of(entries: Sequence[Entry]) -> Deed | None:
    """How the reward of one problem stands: the last thing done with it."""
    return entries[-1].deed if entries else None


def granted(entries: Iterable[Entry]) -> Decimal:
    """What was granted and not withdrawn."""
    signs = {Deed.APPROVED: 1, Deed.PAID: 0, Deed.WITHDRAWN: -1}
    return sum((one.amount * signs[one.deed] for one in entries), NOTHING)
