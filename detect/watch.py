"""What changed at a spot: one pure step from (memory, look, now) to (memory, changes).

A spot holds one state per kind (garbage, overflow, dumped, …) and one for the sight of it. A state turns only after
``confirm`` equal looks in a row; between the two score limits nothing turns; what cannot be seen is unknown and never
clean. An event is opened once and ended once; a spot that stays dirty says so again only every ``remind_s``.
A dumping begins provisionally: ``new`` with the state unknown; ``update`` makes it dirty, or ``end`` takes it back.
Light is no reason to end an event and open it again: what is open ends only when its place looks otherwise than when
the thing was last seen there, in a light in which it had been seen, with nobody before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import cast

from detect.boxes import Found, overlap
from detect.dumped import DumpMemory, News, settle, watch_dumping
from detect.kinds import CHINESE, LABELS, VISITORS, What
from detect.memory import OFF, Asked, Change, Look, Phase, Rules, SpotMemory, State, Track

__all__ = ["Change", "Look", "Rules", "SpotMemory", "Track", "What", "ask", "overdue", "step"]

CLOCK_SET_BACK = timedelta(minutes=10)
COVERED = 0.3  # share of a thing behind somebody from which not seeing it says nothing
SAME_PLACE = 0.3  # share of the smaller box from which two looks show one thing
OFF_WORDS = f"{OFF}，按未知处理，不算干净"
DUMPED, DUMPED_AGAIN = "有人或车离开后留下新的垃圾，已确认", "同一处又有人或车留下新的垃圾，已确认"


@dataclass(frozen=True, slots=True)
class _Moment:
    """What every track of a spot is told about one look; ``back``: sight has not been confirmed again yet."""

    look: Look
    rules: Rules
    dumped: News | None
    back: bool


def ask(memory: SpotMemory, command: str, now: datetime, what: What | None = None) -> SpotMemory:
    """Begin a re-check: only looks from now on count, and one coming change will carry ``command``."""
    tracks = tuple(track.fresh() for track in memory.tracks)
    return memory.model_copy(
        update={"tracks": tracks, "blind": 0, "asked": Asked(command=command, what=what, since=now)}
    )


def step(memory: SpotMemory, look: Look, now: datetime, rules: Rules | None = None) -> tuple[SpotMemory, list[Change]]:
    """Take in one look. A look not newer than the last one changes nothing; ``now`` ends an unanswered re-check.

    A look more than ten minutes older means that the clock was set back, and counts: every wait begins anew.
    """
    rules = rules or Rules()
    if memory.at is not None and timedelta(0) <= memory.at - look.at < CLOCK_SET_BACK:
        return memory, []
    if memory.at is not None and look.at < memory.at:
        memory = _set_back(memory, look.at, now)
    memory, changes = _switched(memory.model_copy(update={"at": look.at}), rules)
    if not all(track.off for track in memory.tracks):
        why = _blind(look, rules)
        memory, seen = _unseen(memory, look, why, rules) if why else _seen(memory, look, rules)
        changes += seen
    return _answered(memory, changes, now, rules)


def overdue(memory: SpotMemory, now: datetime, rules: Rules | None = None) -> tuple[SpotMemory, list[Change]]:
    """To be called while no picture comes: answers unknown to a re-check that has waited ``recheck_s``."""
    rules = rules or Rules()
    memory, changes = _switched(memory, rules)
    return _answered(memory, changes, now, rules)


def _set_back(memory: SpotMemory, at: datetime, now: datetime) -> SpotMemory:
    """The memory without a time that lies in what is now the future."""
    tracks = tuple(
        track.model_copy(update={"told_at": track.told_at and min(track.told_at, at), "low_since": None})
        for track in memory.tracks
    )
    asked = memory.asked and memory.asked.model_copy(update={"since": min(memory.asked.since, now)})
    return memory.model_copy(update={"dumping": DumpMemory(), "tracks": tracks, "asked": asked})


def _switched(memory: SpotMemory, rules: Rules) -> tuple[SpotMemory, list[Change]]:
    """The tracks of the kinds watched now; what is open about a kind that is off, or watched no more, is unknown."""
    known = {track.what: track for track in memory.tracks}
    changes = [
        Change(track.what, "unknown", "end", track.key, f"不再监看{CHINESE[track.what]}，按未知处理，不算干净")
        for track in memory.tracks
        if track.key and track.what not in rules.kinds
    ]
    tracks = []
    for what in rules.kinds:
        track = known.get(what) or Track(what=what)
        off = what in rules.off
        if off and not track.off:
            track, told = _put_out(track.fresh())
            changes += told
        tracks.append(track if track.off == off else track.model_copy(update={"off": off}))
    dumping = DumpMemory() if "dumped" in rules.off or "dumped" not in rules.kinds else memory.dumping
    return memory.model_copy(update={"tracks": tuple(tracks), "dumping": dumping}), changes


def _put_out(track: Track) -> tuple[Track, list[Change]]:
    """A track whose kind is switched off at this look."""
    if track.key is None:
        return track.closed(None), []
    if track.provisional:
        return track.closed(None), [Change(track.what, "unknown", "end", track.key, f"撤回：{OFF_WORDS}")]
    return track.model_copy(update={"back": True}), [Change(track.what, "unknown", "update", track.key, OFF_WORDS)]


def _blind(look: Look, rules: Rules) -> str | None:
    """Why this look says nothing, or None. What is seen beside the thing that hides the spot still counts."""
    if look.quality:
        return look.quality
    dirty = any(_score(look, what) >= rules.threshold(what) for what in rules.kinds if what not in rules.off)
    if look.hidden >= rules.hidden and not dirty:
        return f"点位被遮挡 {look.hidden:.0%}"
    return None


def _score(look: Look, what: What) -> float:
    return max((one.score for one in look.found if one.label == LABELS[what]), default=0.0)


def _boxes(look: Look, what: What, least: float) -> tuple[Found, ...]:
    return tuple(one for one in look.found if one.label == LABELS[what] and one.score >= least)[:20]


def _unseen(memory: SpotMemory, look: Look, why: str, rules: Rules) -> tuple[SpotMemory, list[Change]]:
    """A look that says nothing: running verdicts start anew; ``confirm`` of them in a row are told once."""
    blind = memory.blind + 1
    dumping = settle(memory.dumping) if look.quality else _glimpsed(memory.dumping, look, rules)
    tracks = tuple(track.fresh() for track in memory.tracks)
    update: dict[str, object] = {"blind": blind, "tracks": tracks, "dumping": dumping}
    changes: list[Change] = []
    if blind >= rules.confirm and memory.unseen is None:
        update["unseen"] = why
        words = f"连续 {blind} 次看不清：{why}；按未知处理，不算干净"
        on = [track for track in memory.tracks if not track.off]
        changes = [Change(track.what, "unknown", "update", track.key, words, looks=blind) for track in on if track.key]
        if not changes:
            update["number"] = memory.number + 1
            key = update["unseen_key"] = f"unknown:{memory.number + 1}"
            changes = [Change(on[0].what, "unknown", "new", key, words, looks=blind)]
    return memory.model_copy(update=update), changes


def _glimpsed(memory: DumpMemory, look: Look, rules: Rules) -> DumpMemory:
    """What a look past somebody who hides the spot adds: he is the visitor; nothing is decided meanwhile."""
    after, news = watch_dumping(memory, look.found, look.at, rules.dumping)
    return memory if news else after


def _seen(memory: SpotMemory, look: Look, rules: Rules) -> tuple[SpotMemory, list[Change]]:
    dumping, dumped = watch_dumping(memory.dumping, look.found, look.at, rules.dumping)
    if dumped is None and not dumping.pending and any(track.provisional for track in memory.tracks):
        dumped = News("withdrawn", Found("garbage", 0.0, 0.0, 0.0, 0.0, 0.0), "中间失去了记忆")
    moment = _Moment(look, rules, dumped, back=memory.unseen is not None)
    changes: list[Change] = []
    tracks = []
    number = memory.number
    for old in memory.tracks:
        if old.off:
            tracks.append(old)
            continue
        track, change = _turned(_leaned(old, look, rules), moment, number + 1)
        if change is not None:
            changes.append(change)
            number += change.phase == "new"
        tracks.append(track)
    update: dict[str, object] = {"blind": 0, "tracks": tuple(tracks), "number": number, "dumping": dumping}
    on = [track for track in tracks if not track.off]
    sure = {track.sure(rules.confirm) for track in on}
    if memory.unseen is not None and ("dirty" in sure or sure == {"clean"}):
        update |= {"unseen": None, "unseen_key": None}
        if sure == {"clean"} and memory.unseen_key:
            words = f"重新看清，连续 {rules.confirm} 次干净"
            changes.append(Change(on[0].what, "clean", "end", memory.unseen_key, words, looks=rules.confirm))
    return memory.model_copy(update=update), changes


def _leaned(track: Track, look: Look, rules: Rules) -> Track:
    """The track after one more score: equal verdicts in a row are counted, an unsure one breaks the row."""
    score, enter = _score(look, track.what), rules.threshold(track.what)
    scores = (*track.scores, score)[-rules.window :]
    middle = median(scores)
    clean = middle < rules.leave and score < enter  # one look that clearly shows it is enough not to say clean
    low_since = (track.low_since or look.at) if clean else None
    if clean and _may_be_there(track, look, rules):
        clean = False
    verdict = "dirty" if middle >= enter else "clean" if clean else None
    equal = verdict == track.leaning and (verdict != "dirty" or track.key is not None or _lies(track, look, rules))
    streak = track.streak + 1 if equal else 1
    update: dict[str, object] = {
        "scores": scores, "leaning": verdict, "streak": streak if verdict else 0, "low_since": low_since
    }  # fmt: skip
    if score >= enter and (track.key is None or not _behind_somebody(track, look)):
        best = max(_boxes(look, track.what, enter), key=lambda one: one.score)
        update |= {"box": (best.x1, best.y1, best.x2, best.y2), "seen_at": look.at}
        update["lights"] = tuple(dict.fromkeys((*track.lights, look.light)))
    return track.model_copy(update=update)


def _lies(track: Track, look: Look, rules: Rules) -> bool:
    """Whether something is seen where it was seen last: what walks through, a dog or a bag in a hand, lies nowhere."""
    seen = _boxes(look, track.what, rules.leave)
    if track.box is None or not seen:
        return True
    before = Found(LABELS[track.what], 1.0, *track.box)
    return any(overlap(one, before) >= SAME_PLACE * min(one.area, before.area) for one in seen)


def _may_be_there(track: Track, look: Look, rules: Rules) -> bool:
    """Whether not seeing what is open says nothing: its place is unchanged, covered, or was never seen in this light.

    An unchanged place is believed for ``still_s`` only: what a model took for dirt once must not stay for ever.
    """
    if track.key is None or track.provisional or track.box is None:
        return False
    low_s = (look.at - (track.low_since or look.at)).total_seconds()
    unchanged = track.what in look.still and low_s < rules.still_s
    return unchanged or look.light not in track.lights or _behind_somebody(track, look)


def _behind_somebody(track: Track, look: Look) -> bool:
    if track.box is None:
        return False
    thing = Found(LABELS[track.what], 1.0, *track.box)
    return any(one.label in VISITORS and overlap(one, thing) >= COVERED * thing.area for one in look.found)


def _turned(track: Track, moment: _Moment, number: int) -> tuple[Track, Change | None]:
    """The track after its verdict, and what there is to tell about it; ``number`` makes a new key."""
    sure = track.sure(moment.rules.confirm)
    again = moment.dumped is not None and moment.dumped.step == "sure"
    if track.what == "dumped" and (again or track.provisional or track.key is None):
        return _dumped(track, moment, f"dumped:{number}")
    if track.key is None:
        if sure == "dirty":
            return _opened(track, moment, f"{track.what}:{number}")
        return (track.model_copy(update={"state": "clean"}) if sure == "clean" else track), None
    if sure == "clean":
        words = f"连续 {track.streak} 次未见{CHINESE[track.what]}"
        change = Change(track.what, "clean", "end", track.key, words, median(track.scores), track.streak)
        return track.closed("clean"), change
    back = moment.back or track.back
    if sure == "dirty" and (back or _silent(track, moment)):
        words = f"重新看清，{CHINESE[track.what]}仍在" if back else f"{CHINESE[track.what]}仍在"
        boxes = _boxes(moment.look, track.what, moment.rules.leave)
        change = Change(track.what, "dirty", "update", track.key, words, median(track.scores), track.streak, boxes)
        return track.model_copy(update={"told_at": moment.look.at, "back": False}), change
    return track, None


def _opened(track: Track, moment: _Moment, key: str) -> tuple[Track, Change]:
    words, score = f"连续 {track.streak} 次看到{CHINESE[track.what]}", median(track.scores)
    boxes = _boxes(moment.look, track.what, moment.rules.leave)
    seen = {"lights": (moment.look.light,), "back": False}
    after = track.model_copy(update={"state": "dirty", "key": key, "told_at": moment.look.at, **seen})
    return after, Change(track.what, "dirty", "new", key, words, score, max(1, track.streak), boxes)


def _dumped(track: Track, moment: _Moment, key: str) -> tuple[Track, Change | None]:
    """A dumping begins, is certain, or is taken back; one more while another is open is told when it is certain.

    When that other one has ended meanwhile, what is certain is an event of its own: it begins dirty.
    """
    news, key = moment.dumped, track.key or key
    if news is None or (track.key is None and news.step == "withdrawn"):
        clean = track.key is None and track.sure(moment.rules.confirm) == "clean"
        return (track.model_copy(update={"state": "clean"}) if clean else track), None
    told = (news.box.score, max(1, track.streak), (news.box,))
    if news.step == "early":
        words = "有人或车离开，留下新的东西，待确认"
        after = track.model_copy(update={"key": key, "provisional": True})
        return after, Change("dumped", "unknown", "new", key, words, *told)
    if news.step == "withdrawn":
        after = track.model_copy(update={"key": None, "provisional": False})
        return after, Change("dumped", "unknown", "end", key, f"撤回：{news.why}，不算乱倾倒", *told)
    words = DUMPED if track.provisional or track.key is None else DUMPED_AGAIN
    phase: Phase = "new" if track.key is None else "update"
    update = {"state": "dirty", "key": key, "provisional": False, "told_at": moment.look.at}
    return track.model_copy(update=update), Change("dumped", "dirty", phase, key, words, *told)


def _silent(track: Track, moment: _Moment) -> bool:
    told = track.told_at
    return told is not None and (moment.look.at - told).total_seconds() >= moment.rules.remind_s


def _answered(
    memory: SpotMemory, changes: list[Change], now: datetime, rules: Rules
) -> tuple[SpotMemory, list[Change]]:
    """Close a re-check that has its equal looks, or has waited too long: exactly one change carries its id."""
    asked = memory.asked
    if asked is None:
        return memory, changes
    tracks = [track for track in memory.tracks if asked.what in (None, track.what)] or list(memory.tracks)
    state = _verdict(tracks, memory.blind, rules.confirm)
    if state is None and tracks and all(track.off for track in tracks):
        state = "unknown"
    if state is None and (now - asked.since).total_seconds() < rules.recheck_s:
        return memory, changes
    done = memory.model_copy(update={"asked": None})
    state = state or "unknown"
    names = {track.what for track in tracks}
    for index, change in enumerate(changes):
        if change.what in names and change.state == state:
            flagged = replace(change, recheck=asked.command)
            return done, [*changes[:index], flagged, *changes[index + 1 :]]
    return done, [*changes, _answer(tracks, state, asked, rules)]


def _verdict(tracks: Sequence[Track], blind: int, confirm: int) -> State | None:
    sure = {None if track.off else track.sure(confirm) for track in tracks}
    if "dirty" in sure:
        return "dirty"
    if sure == {"clean"}:
        return "clean"
    return "unknown" if blind >= confirm else None


def _answer(tracks: Sequence[Track], state: State, asked: Asked, rules: Rules) -> Change:
    """The answer as a change of its own, where the state itself did not turn at this look."""
    track = next((one for one in tracks if one.sure(rules.confirm) == state), tracks[0])
    words = {"clean": "复核：干净", "dirty": f"复核：{CHINESE[track.what]}仍在", "unknown": "复核：看不清，不算干净"}
    if state == "unknown" and all(track.off for track in tracks):
        words[state] = f"复核：{OFF_WORDS}"
    key, phase = track.key or f"recheck:{asked.command}", "update" if track.key else "end"
    score = median(track.scores) if track.scores else 0.0
    return Change(
        track.what, state, cast("Phase", phase), key, words[state], score, track.streak, recheck=asked.command
    )
