"""What a message does to the alarm and the ticket of its spot. Pure: values in, decisions out, each with its reason.

A look changes something only when it is newer (by event time, then event id, then revision) than the last one applied
to its key. Dirty opens or feeds; clean ends what nobody took up, and closes what was reported done; unknown is a note.
A look told again with its picture only gives the picture to its alarm.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from alerts.alarms import flapping
from alerts.alarms.grading import called_again
from alerts.alarms.opening import Seen, alarm_of, how, opened, seen_in, watches
from alerts.mutes import mutes
from alerts.mutes.muted import kept_under
from alerts.tickets import checking, proving, triage
from alerts.tickets.copies import ended
from alerts.tickets.moves import Change, category, noted, plain
from alerts.values import Alarm, Check, Decision, Known, Look, Source, Status, Ticket, Word
from broker.messages import Answer, Event, Kind, Reading, State
from county.policy.base import RANK
from county.snapshot import County
from county.values import Spot

__all__ = ["Seen", "dated", "decide", "found", "ignored", "looked", "over", "unregistered"]

AHEAD = timedelta(minutes=2)  # how far a device's clock may run ahead of ours


def dated(message: Event | Reading | Answer, received_at: datetime) -> Event | Reading | Answer:
    """Return the message with the time that counts: a time from the future becomes the moment of arrival, and says so.

    Taken as it is, it would make every true look of its spot "older" until that day, however far off it is.
    """
    if message.at - received_at <= AHEAD:
        return message
    changed: dict[str, object] = {"at": received_at}
    if isinstance(message, Event):
        changed["reason"] = f"{message.reason}(设备时钟不准,报{message.at:%Y-%m-%d %H:%M},按收到时间记)"
    return message.model_copy(update=changed)


def decide(known: Known, message: Event | Answer, county: County, now: datetime) -> list[Decision]:
    """Decide about one message; never empty, so that everything that came in has a reason to show."""
    if isinstance(message, Answer):
        return _answered(known.ticket, message, county, now)
    spot = county.spot(message.device, message.spot)
    if spot is None:
        return [unregistered(message)]
    look = Look(spot.device, spot.id, message.what, message.at, message.event_id, message.revision, message.state)
    seen = seen_in(message, look)
    if message.command_id is not None and known.ticket is not None and known.ticket.command == message.command_id:
        return _answer(known, seen, spot, county, now)
    return looked(known, seen, spot, county, now)


def _answer(known: Known, seen: Seen, spot: Spot, county: County, now: datetime) -> list[Decision]:
    """Judge a look that the ticket asked for: it proves, or it helps a person to judge."""
    ticket = known.ticket
    assert ticket is not None
    if ticket.status is not Status.TO_CONFIRM:
        is_new = seen.look.state is State.DIRTY and known.alarm is None and watches(spot, seen.look.kind)
        if is_new and not proving.outdated(known, ticket, seen.look):
            return _found_besides(known, ticket, seen, county, now)
        return proving.looked_again(known, seen.look, seen.reason, county, now)
    ready = replace(ticket, command=None)
    decisions = looked(replace(known, ticket=ready), seen, spot, county, now)
    after = next((one.ticket for one in reversed(decisions) if one.ticket is not None), ready)
    return [*decisions, triage.shown_again(after, county, now)] if after.is_open else decisions


def _found_besides(known: Known, ticket: Ticket, seen: Seen, county: County, now: datetime) -> list[Decision]:
    """The answer shows dirt of a kind that the ticket was not about: it joins, or is kept while a mute holds."""
    mute = mutes.muting(known.mutes, seen.source, now, county)
    if mute is not None:
        kept = replace(kept_under(mute, known.kept, seen, county), looks=())
        return [*proving.looked_again(known, seen.look, seen.reason, county, now), kept]
    words = f"又{how(seen)}{category(county, seen.look.kind)[0]}:{seen.reason}"
    joined = replace(known, ticket=_joined(ticket, seen, county))
    first, *others = proving.looked_again(joined, seen.look, words, county, now)
    return [replace(first, alarm=alarm_of(ticket, seen)), *others]


def unregistered(message: Event | Reading) -> Decision:
    """Nothing can be decided about a spot that nobody entered."""
    return ignored(f"点位未登记:{message.device}/{message.spot}")


def looked(known: Known, seen: Seen, spot: Spot, county: County, now: datetime) -> list[Decision]:
    """Decide about one look at a spot, whoever looked."""
    if seen.again and _told_before(known, seen):
        return _pictured(known, seen)
    if seen.look.state is State.UNKNOWN:
        return _unclear(known.ticket, seen, now)
    if known.look is not None and seen.look.order <= known.look.order:
        return [ignored("早于已采用的观察,不改变任何状态")]
    if seen.look.state is State.CLEAN:
        return over(known, seen, county, now)
    return _dirty(known, seen, spot, county, now)


def _told_before(known: Known, seen: Seen) -> bool:
    """Whether the look that is told again was applied, or nothing would be; if it was lost, this tells it."""
    return seen.look.state is State.UNKNOWN or (known.look is not None and seen.look.at <= known.look.at)


def _pictured(known: Known, seen: Seen) -> list[Decision]:
    """Give a picture to the open alarm of its look, unless a later look has given it one."""
    alarm, kept = known.alarm, known.kept
    if alarm is None and kept is not None and kept.event_id == seen.look.event_id:
        later = replace(kept, picture=seen.picture, boxes=seen.boxes)
        return [Decision(Word.UPDATED, "静默期内的图片已生成", kept=later)]
    if alarm is None or seen.look.state is not State.DIRTY or (alarm.picture and seen.look.at < alarm.last_at):
        return [ignored("所附图片不改变任何状态")]
    shown = replace(alarm, picture=seen.picture, boxes=seen.boxes, version=alarm.version + 1)
    return [Decision(Word.PICTURED, "告警的图片已生成", alarm=shown)]


def _dirty(known: Known, seen: Seen, spot: Spot, county: County, now: datetime) -> list[Decision]:
    name = category(county, seen.look.kind)[0]
    if not watches(spot, seen.look.kind):
        return [ignored(f"{spot.name} 不管“{name}”这一类")]
    return found(known, seen, spot, county, now)


def found(known: Known, seen: Seen, spot: Spot, county: County, now: datetime) -> list[Decision]:
    """Open or feed the alarm of what was found, however it came to be known, and whatever came before it."""
    mute = mutes.muting(known.mutes, seen.source, now, county) if known.alarm is None else None
    if mute is not None:
        return [kept_under(mute, known.kept, seen, county)]
    if known.ticket is None:
        return opened(known, seen, spot, county, now)
    if known.alarm is None:
        return _attached(known.ticket, seen, county, now)
    return _fed(known.ticket, known.alarm, seen, county, now)


def _unclear(ticket: Ticket | None, seen: Seen, now: datetime) -> list[Decision]:
    """A look that says neither; a dumping that is not certain yet, or was taken back, is one too and opens nothing."""
    words = "不能确定" if seen.look.kind == Kind.DUMPED else "看不清"
    if ticket is None:
        return [ignored(f"{words}({seen.reason}),不算干净也不算脏")]
    return [noted(ticket, Change(now, f"{words}({seen.reason}),状态不变"))]


def _attached(ticket: Ticket, seen: Seen, county: County, now: datetime) -> list[Decision]:
    """Add another kind of dirt at a spot with an open ticket to that ticket."""
    name, joined = category(county, seen.look.kind)[0], _joined(ticket, seen, county)
    worse = joined.severity != ticket.severity
    rises = f",升为{county.policy.severities.get(joined.severity, '')}" if worse else ""
    note = noted(joined, Change(now, f"同一地点又{how(seen)}{name}:{seen.reason},并入本工单{rises}"))
    assert note.ticket is not None
    done = [replace(note, word=Word.ATTACHED, looks=(seen.look,), alarm=alarm_of(note.ticket, seen))]
    if seen.look.kind in ticket.kinds and _sends_back(ticket, seen):
        done.append(checking.rework(note.ticket, county, now, f"提交后{how(seen)}仍不干净:{seen.reason}"))
    elif ticket.status is Status.TO_CHECK and ticket.check is Check.CAMERA:
        done.append(_asked_anew(note.ticket, county, now, "核查期间又看到新问题"))
    elif worse:
        done.append(called_again(note.ticket, county, now))
    return done


def _joined(ticket: Ticket, seen: Seen, county: County) -> Ticket:
    """The ticket with one kind of dirt more, as grave and named as the graver of both."""
    severity = seen.severity or category(county, seen.look.kind)[1]
    worse = RANK[severity] > RANK[ticket.severity]
    return replace(
        ticket, kinds=tuple(dict.fromkeys((*ticket.kinds, seen.look.kind))),
        dirty=tuple(dict.fromkeys((*ticket.dirty, seen.look.key))),
        severity=severity if worse else ticket.severity, what=seen.look.kind if worse else ticket.what,
    )  # fmt: skip


def _asked_anew(ticket: Ticket, county: County, now: datetime, why: str) -> Decision:
    """Send the look command again, as the same try: an answer to the older one knows nothing of what came since."""
    ready = replace(ticket, tries=max(0, ticket.tries - 1), shown=ticket.shown.anew())
    return checking.check_again(ready, county, now, why)


def _fed(ticket: Ticket, alarm: Alarm, seen: Seen, county: County, now: datetime) -> list[Decision]:
    """Feed one more dirty look into an open alarm; it opens nothing."""
    again = seen.look.key not in ticket.dirty
    before = _there_again(alarm, seen.look) if again else alarm
    fed = replace(
        before, last_at=seen.look.at, state=State.DIRTY, reason=seen.reason, looks=alarm.looks + seen.looks,
        merged=alarm.merged + 1, score=max(alarm.score, seen.score), picture=seen.picture or alarm.picture,
        boxes=seen.boxes if seen.picture else alarm.boxes, version=alarm.version + 1,
    )  # fmt: skip
    name, verb = category(county, seen.look.kind)[0], how(seen)
    update = Decision(Word.UPDATED, f"仍然{verb}{name},并入已有告警", looks=(seen.look,), alarm=fed)
    late = _after_done(ticket, seen.look) and seen.source is not Source.REPORT
    if late and ticket.shown.judge.settles:
        return [update]  # devices and people disagree already: a person decides, not one more look
    if late and (ticket.check is not Check.CAMERA or ticket.shown.clean or _sends_back(ticket, seen)):
        dirty = replace(ticket, dirty=tuple(dict.fromkeys((*ticket.dirty, seen.look.key))))
        state = name if seen.measured else "不干净"
        by_camera = seen.source is Source.CAMERA
        return [update, checking.rework(dirty, county, now, f"提交后仍{verb}{state}:{seen.reason}", by_camera)]
    if again:
        ready = flapping.dirty_again(ticket, county, now)
        note = noted(ready, Change(now, f"又变脏:{seen.reason}"), dirty=(*ticket.dirty, seen.look.key))
        asked = ticket.status is Status.TO_CHECK and ticket.check is Check.CAMERA and ticket.command is not None
        if asked and note.ticket is not None:
            return [update, note, _asked_anew(note.ticket, county, now, "核查期间又变脏")]
        return [update, note]
    return [update]


def _there_again(alarm: Alarm, look: Look) -> Alarm:
    """Dirty after it had been clean: it has been there since now, and on no day before."""
    return replace(alarm, since_at=look.at, days=0)


def _after_done(ticket: Ticket, look: Look) -> bool:
    """Whether a look was taken after the work was reported done, while that is being checked."""
    return ticket.status is Status.TO_CHECK and ticket.done_at is not None and look.at > ticket.done_at


def _sends_back(ticket: Ticket, seen: Seen) -> bool:
    """Whether the county's own people say that reported work is not done: no look of a camera is waited for."""
    own = seen.source in {Source.PATROL, Source.SUPERIOR}
    return own and _after_done(ticket, seen.look) and not ticket.shown.judge.settles


def over(known: Known, seen: Seen, county: County, now: datetime) -> list[Decision]:
    """End the alarm of what is over, and what of its ticket that ends."""
    name = category(county, seen.look.kind)[0]
    if known.ticket is not None and triage.contradicts(known.ticket, seen.look):
        return _disputed(known.ticket, known.alarm, seen, county, now)
    if known.alarm is None or known.ticket is None:
        return [Decision(Word.UPDATED, f"没有{name},也没有告警", looks=(seen.look,))]
    ticket = known.ticket
    cleared = replace(known.alarm, last_at=seen.look.at, state=State.CLEAN, version=known.alarm.version + 1)
    gone = f"{name}已消除" if seen.measured else f"已看不到{name}"
    update = Decision(Word.UPDATED, gone, looks=(seen.look,), alarm=cleared)
    left = tuple(key for key in ticket.dirty if key != seen.look.key)
    if left == ticket.dirty:
        return [update]
    ready = replace(ticket, dirty=left)
    if left:
        return [update, noted(ready, Change(now, f"{gone},这里还有其他问题"))]
    return [update, *_all_clean(ready, seen, county, now)]


def _disputed(ticket: Ticket, alarm: Alarm | None, seen: Seen, county: County, now: datetime) -> list[Decision]:
    """A camera sees clean what people have told: neither is believed, a person goes and looks."""
    name = category(county, seen.look.kind)[0]
    cleared = alarm and replace(alarm, last_at=seen.look.at, state=State.CLEAN, version=alarm.version + 1)
    update = Decision(Word.UPDATED, f"镜头看不到{name},但有人反映", looks=(seen.look,), alarm=cleared)
    ready = replace(ticket, dirty=tuple(key for key in ticket.dirty if key != seen.look.key))
    return [update, triage.doubted(ready, county, now, f"镜头看不到{name}({seen.reason}),与反映的情况不一致")]


def _all_clean(ticket: Ticket, seen: Seen, county: County, now: datetime) -> list[Decision]:
    """Nothing dirty is left: ends what nobody took up, proves what was reported done, and is only told before that."""
    told = seen.measured
    if ticket.status in flapping.UNTAKEN and ticket.handler is None:
        restless = flapping.became_clean(ticket, seen.reason, county, now)
        if restless is not None:
            return [restless]
        change = Change(now, f"无人接单,{'情况已自行消除' if told else '点位已自行干净'}:{seen.reason}")
        return ended(ticket, county, change, status=Status.CLOSED_UNAIDED)
    if _after_done(ticket, seen.look) and ticket.check is Check.READING:
        change = Change(now, f"提交后{'传感器读数正常' if told else '读到已清空'},核查通过:{seen.reason}")
        return ended(ticket, county, change, status=Status.CLOSED)
    if _after_done(ticket, seen.look):
        return proving.seen_clean(ticket, seen.look.at, seen.reason, county, now)
    return [noted(ticket, Change(now, "镜头或传感器已看到干净,等待处理人提交或复核"))]


def _answered(ticket: Ticket | None, answer: Answer, county: County, now: datetime) -> list[Decision]:
    if ticket is None or ticket.command != answer.command_id:
        return [ignored("没有工单在等这条命令的答复")]
    if answer.outcome == "done":
        return [ignored("设备已看过,结果随事件到达")]
    words = {"refused": "拒绝", "expired": "已过期", "failed": "失败"}[answer.outcome]
    return [checking.check_later(ticket, county, now, f"复核命令{words}({plain(answer.reason)})")]


@lru_cache(maxsize=1024)
def ignored(reason: str) -> Decision:
    """Leave everything as it is, and say why; most readings of a bin are left out for one of a few reasons."""
    return Decision(Word.IGNORED, reason)
