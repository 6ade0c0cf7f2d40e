"""What a notice asks of somebody, in Chinese: one line a purpose. All that is written to people takes its verb here.

A new purpose needs one line in ``PHRASES``; templates, previews and the default words of every channel follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from alerts.terms import Purpose

URGENT = "urgent"
NOBODY = "请看通知"  # of what is written about no ticket, as when the alert engine is silent


@dataclass(frozen=True, slots=True)
class Phrase:
    """``do``: what to do, verb first, at most 8 characters, and ``now``: the same where it is urgent.

    ``ask``: the sentence after place and problem, which may name {due}, {person} and {status}; ``hurry`` the same where
    it is urgent; both empty where whoever writes makes the sentence. ``acts``: the page that opens waits for an act.
    """

    do: str
    now: str
    ask: str = ""
    hurry: str = ""
    acts: bool = True


PHRASES: Mapping[Purpose, Phrase] = MappingProxyType({
    Purpose.DISPATCH: Phrase(
        "请处置", "立即处置", "请于{due}前接单,逾期将上报上一级", "请马上接单赶到现场,最迟{due},逾期将上报上一级"),
    Purpose.CLIMB: Phrase(
        "请接单督办", "立即接单督办", "下级未按时接单,已上报到您,请于{due}前接单",
        "下级未按时接单,已上报到您,请马上接单派人,最迟{due}"),
    Purpose.REMIND: Phrase(
        "请尽快接单", "立即接单", "仍未接单,再次提醒,请于{due}前接单", "仍未接单,再次提醒,请马上接单,最迟{due}"),
    Purpose.OVERDUE: Phrase("请督办", "立即督办", "处置已超期,请督办", "处置已超期,请马上督办"),
    Purpose.REWORK: Phrase(
        "请重新处理", "立即重新处理", "复核未通过,请于{due}前重新处理", "复核未通过,请马上重新处理,最迟{due}"),
    Purpose.TRIAGE: Phrase(
        "请核实", "立即核实", "请于{due}前核实是否属实,属实再派人处理", "请马上核实是否属实,最迟{due},属实再派人处理"),
    Purpose.CONFIRM: Phrase(
        "请核实", "立即核实", "对情况是否属实有不同说法,请于{due}前核实",
        "对情况是否属实有不同说法,请马上核实,最迟{due}"),
    Purpose.VERIFY: Phrase(
        "请到现场核查", "立即到现场核查", "镜头无法确认,请于{due}前到现场核查",
        "镜头无法确认,请马上到现场核查,最迟{due}"),
    Purpose.WORSE: Phrase("请立即处理", "立即处理", "情况变严重,请立即处理", "情况变严重,请立即处理,别的事先放下"),
    Purpose.HANDOVER: Phrase(
        "请接手处理", "立即接手处理", "原责任人的工单移交给您,请于{due}前处理",
        "原责任人的工单移交给您,请马上处理,最迟{due}"),
    Purpose.DAILY: Phrase(
        "请清理", "立即清理", "没有做到日产日清(超期未清),请于{due}前处理",
        "没有做到日产日清(超期未清),请马上处理,最迟{due}"),
    Purpose.STILL: Phrase("请报进展", "立即报进展"),
    Purpose.BIND: Phrase("请输验证码", "请输验证码", acts=False),
    Purpose.DIGEST: Phrase("请逐件处理", "立即逐件处理"),
    Purpose.ASKED: Phrase("请批复", "立即批复"),
    Purpose.SUPERVISE: Phrase("请书面回复", "立即书面回复"),
    Purpose.ANSWERED: Phrase("请看批复", "请看批复", acts=False),
    Purpose.GRANT: Phrase("请审批静默", "请审批静默", acts=False),  # with an account: there is no code for it
    Purpose.UNREACHED: Phrase("请当面转告", "立即当面转告", acts=False),
    Purpose.COPY: Phrase("请知悉", "请知悉", acts=False),
})  # fmt: skip


def do(purpose: str, severity: str) -> str:
    """What to do, verb first; ``severity`` is urgent, major, minor, or empty where it is about no ticket."""
    known = PHRASES.get(Purpose(purpose)) if purpose in set(Purpose) else None
    if known is None:
        return NOBODY
    return known.now if severity == URGENT else known.do


def ask(purpose: Purpose, severity: str) -> str:
    """What the sentence asks after place and problem; it may name {due}, {person} and {status}."""
    known = PHRASES[purpose]
    return known.hurry if severity == URGENT and known.hurry else known.ask


def acts(purpose: str) -> bool:
    """Whether the page that opens waits for an act; what is unknown may."""
    return PHRASES[Purpose(purpose)].acts if purpose in set(Purpose) and Purpose(purpose) in PHRASES else False


def sentence(severity: str, do_where: str, what: str, ask: str) -> str:
    """The sentence of a ticket's notice; ``severity`` in the county's word."""
    return f"【净村·{severity}】{do_where} 发现{what}。{ask}。"
