"""How a report stands, for who reported: plain words, and nobody's name. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.reports.report_book import Told
from alerts.reports.rewards import Award, Deed
from alerts.tickets.moves import category
from alerts.tickets.verdicts import Verdict
from alerts.values import Source, Status, Ticket
from county.snapshot import County

_STATES = {
    Status.TO_CONFIRM: "已收到,正在核实", Status.DISPATCHED: "已派人处理,等待接单",
    Status.ACCEPTED: "已有人接单,正在处理", Status.ON_SITE: "正在现场处理", Status.TO_CHECK: "已处理,正在核查",
    Status.CLOSED: "已处理完毕,核查通过", Status.NOT_FILED: "经核实情况不属实", Status.CLOSED_UNAIDED: "现场已经干净",
    Status.ON_HOLD: "一时难以解决,已挂账,会继续跟进", Status.FORCED: "已由上级决定结束处理",
    Status.DROPPED: "按县里新的规定不再算问题,没有派人处理",
}  # fmt: skip
_VERDICTS = {Verdict.TRUE: "您反映的情况已核实属实,谢谢!", Verdict.FALSE: "经核实,您反映的情况不属实。",
             Verdict.UNCLEAR: "还不能确定您反映的情况是否属实。"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Progress:
    """``state`` is a stable code, the rest is for reading; ``closed_at`` None while somebody still has to act."""

    at: datetime
    what_name: str
    place: str
    state: str
    state_words: str
    new: bool
    verdict_words: str
    reward_words: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a report: what others say of it, what the problem is worth, what was done about that."""

    verdict: Verdict | None
    award: Award | None
    deed: Deed | None


def progress(told: Told, ticket: Ticket, outcome: Outcome, county: County) -> Progress:
    """What who reported may know."""
    words = _STATES.get(ticket.status, ticket.status.words)
    verdict = _VERDICTS[outcome.verdict] if outcome.verdict else ""
    return Progress(
        told.at, category(county, told.what)[0], ticket.scene.place_name, ticket.status.value, words, told.opened,
        verdict, _reward(told, outcome), ticket.closed_at,
    )  # fmt: skip


def _reward(told: Told, outcome: Outcome) -> str:
    award, deed = outcome.award, outcome.deed
    if told.source is not Source.REPORT or outcome.verdict is not Verdict.TRUE or award is None:
        return ""
    if award.report != told.id:
        return "这个问题已有人先反映,奖励给最先反映的人。感谢您的关心!"
    if deed is None:
        return f"可以获得奖励{award.amount}元,等待县级批准" if award.payee else f"没有奖励:{award.words}"
    return {Deed.APPROVED: "奖励已批准,等待发放", Deed.PAID: "奖励已发放", Deed.WITHDRAWN: "奖励已撤销"}[deed]
