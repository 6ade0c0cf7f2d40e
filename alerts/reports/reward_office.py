"""Rewards for true reports: what stands to be granted, granted once a problem, paid or taken back; a ledger of it all.

Errors carry Chinese words: ``NoReport`` (404), ``Barred`` (403), ``alerts.tickets.doing.Refused`` (409).
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from alerts.reports import report_book, reward_book
from alerts.reports.report_facts import Sealed
from alerts.reports.report_office import Barred, NoReport, need_county
from alerts.reports.rewards import Award, Deed, Entry, state_of
from alerts.tickets.doing import Refused
from alerts.tickets.moves import plain
from alerts.tickets.verdicts import Verdict
from alerts.values import Who


class RewardOffice(Sealed):
    """The county's purse, each act in one transaction; nobody grants anything to themselves."""

    def awards(self, limit: int = 200) -> list[tuple[UUID, Award]]:
        """The problems that stand to be rewarded, and what they are worth."""
        with self._book.store.read() as conn:
            facts = self._facts(conn)
            found = [(one, facts.award(one)) for one in reward_book.unrewarded(conn, self._book.county, limit)]
        return [(ticket, one) for ticket, one in found if one is not None and one.payee is not None]

    def approve(self, ticket: UUID, by: Who, words: str = "") -> Entry:
        """Grant the reward of a problem, once."""
        need_county(by, "奖励由县级批准")
        with self._book.writing() as pen:
            facts = self._facts(pen.conn)
            worth = facts.award(ticket)
            told = report_book.by_id(pen.conn, pen.county, worth.report) if worth and worth.report else None
            if worth is None or told is None:
                raise NoReport("没有这个问题的群众反映")
            if reward_book.of_ticket(pen.conn, ticket):
                raise Refused("这个问题已经奖励过,一个问题只奖励一次")
            if worth.payee is None:
                raise Refused(f"不能奖励:{worth.words}")
            if facts.is_reporter(told, by.id, by.phone):
                raise Barred("不能批准给自己的奖励")
            others = facts.judged(told, but=by.id)
            if others is None or others.verdict is not Verdict.TRUE:
                raise Barred("只有您本人核实过这条反映,奖励请由别人批准,或请别人再核实")
            now = self._world.now()
            entry = Entry(ticket, told.id, worth.payee, Deed.APPROVED, worth.amount, worth.month, by.name, now,
                          plain(words)[:300])  # fmt: skip
            reward_book.add(pen, entry, by)
            reward_book.remember(pen, ticket, facts.marks(told).phone)
        return entry

    def pay(self, ticket: UUID, by: Who, words: str) -> Entry:
        """Note that a granted reward was paid, and how (the number of the payment)."""
        return self._next(ticket, Deed.PAID, by, words)

    def withdraw(self, ticket: UUID, by: Who, words: str) -> Entry:
        """Take back a granted reward that is not paid yet."""
        return self._next(ticket, Deed.WITHDRAWN, by, words)

    def ledger(self, month: str = "") -> list[Entry]:
        """The lines of a month ("2026-11"), or all; oldest first."""
        with self._book.store.read() as conn:
            return reward_book.entries(conn, self._book.county, month)

    def _next(self, ticket: UUID, deed: Deed, by: Who, words: str) -> Entry:
        need_county(by, "奖励由县级办理")
        said = plain(words)[:300]
        if not said:
            raise Refused("请写明" + ("发放凭证号" if deed is Deed.PAID else "撤销的原因"))
        with self._book.writing() as pen:
            before = reward_book.of_ticket(pen.conn, ticket)
            if not before:
                raise NoReport("这个问题还没有批准奖励")
            if state_of(before) is not Deed.APPROVED:
                raise Refused(f"这笔奖励{before[-1].deed.words},不能再改")
            entry = replace(before[0], deed=deed, by=by.name, at=self._world.now(), words=said, number=0)
            reward_book.add(pen, entry, by)
        return entry
