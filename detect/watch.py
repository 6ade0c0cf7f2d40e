"""What changed at a spot: one pure step from (memory, look, now) to (memory, changes).

A spot holds one state per kind (garbage, overflow, dumped) and one for the sight of it. A state turns only after
``confirm`` equal looks in a row; between the two score limits nothing turns; what cannot be seen is unknown and never
clean. An event is opened once and ended once; a spot that stays dirty says so again only every ``remind_s``.
A dumping begins provisionally: ``new`` with the state unknown; ``update`` makes it dirty, or ``end`` takes it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict

from detect.boxes import Found
from detect.dumped import Dumping, DumpMemory, News, settle, watch_dumping

State = Literal["clean", "dirty", "unknown"]
What = Literal["garbage", "overflow", "dumped"]
Phase = Literal["new", "update", "end"]
LABELS: dict[What, str] = {"garbage": "garbage", "overflow": "overflow", "dumped": "garbage"}
CLOCK_SET_BACK = timedelta(minutes=10)
CHINESE: dict[What, str] = {"garbage": "暴露垃圾", "overflow": "垃圾桶满溢", "dumped": "乱倾倒"}


@dataclass(frozen=True, slots=True)
class Rules:
    """When a look counts. Scores and shares 0..1; times in seconds.

    Median of the last ``window`` scores: ``enter`` and above is dirty, below ``leave`` clean. ``hidden``: the covered
    share from which an empty spot is unknown.
    """

    kinds: tuple[What, ...] = ("garbage", "overflow", "dumped")
    confirm: int = 3
    enter: float = 0.3
    leave: float = 0.15
    window: int = 3
    hidden: float = 0.5
    remind_s: float = 1800.0
    recheck_s: float = 120.0
    dumping: Dumping = field(default_factory=Dumping)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a spot: boxes at it and people or vehicles near it (corners 0..1 of the picture).

    ``quality`` is None, or why the picture cannot be judged; ``hidden`` the share of the spot behind a vehicle or
    person; ``at`` the time of the picture.
    """

    found: tuple[Found, ...]
    quality: str | None
    at: datetime
    hidden: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """Something to tell. ``key`` is one occurrence, the same in new, update and end; ``recheck`` names who asked."""

    what: What
    state: State
    phase: Phase
    key: str
    reason: str
    score: float = 0.0
    looks: int = 1
    boxes: tuple[Found, ...] = ()
    recheck: str | None = None


class Track(BaseModel):
    """One kind at a spot: its state, the equal verdicts in a row, the event that is open."""

    model_config = ConfigDict(frozen=True)

    what: What
    state: Literal["clean", "dirty"] | None = None
    scores: tuple[float, ...] = ()
    leaning: Literal["clean", "dirty"] | None = None
    streak: int = 0
    key: str | None = None
    told_at: datetime | None = None
    provisional: bool = False  # a dumping that may still be taken back

    def sure(self, confirm: int) -> Literal["clean", "dirty"] | None:
        """What the last ``confirm`` looks agree on."""
        return self.leaning if self.streak >= confirm else None


class Asked(BaseModel):
    """A re-check under way: about one kind, or None for all."""

    model_config = ConfigDict(frozen=True)

    command: str
    what: What | None
    since: datetime


class SpotMemory(BaseModel):
    """All that a spot remembers between looks (JSON in and out); ``SpotMemory()`` is a spot never seen."""

    model_config = ConfigDict(frozen=True)

    tracks: tuple[Track, ...] = ()
    number: int = 0
    at: datetime | None = None
    blind: int = 0
    unseen: str | None = None
    unseen_key: str | None = None
    asked: Asked | None = None
    dumping: DumpMemory = DumpMemory()

    def state(self) -> State:
        """The spot in one word: unknown before and without sight, dirty when any kind is."""
        states = {track.state for track in self.tracks}
        if self.unseen is not None or not states:
            return "unknown"
        if "dirty" in states:
            return "dirty"
        return "unknown" if None in states else "clean"


@dataclass(frozen=True, slots=True)
class _Moment:
    """What every track of a spot is told about one look; ``back``: sight has not been confirmed again yet."""

    look: Look
    rules: Rules
    dumped: News | None
    back: bool


def ask(memory: SpotMemory, command: str, now: datetime, what: What | None = None) -> SpotMemory:
    """Begin a re-check: only looks from now on count, and one coming change will carry ``command``."""
    tracks = tuple(_fresh(track) for track in memory.tracks)
    return memory.model_copy(
        update={"tracks": tracks, "blind": 0, "asked": Asked(command=command, what=what, since=now)}
    )


def step(memory: SpotMemory, look: Look, now: datetime, rules: Rules | None = None) -> tuple[SpotMemory, list[Change]]:
    """Take in one look. A look not newer than the last one changes nothing; ``now`` ends an unanswered re-check.

    A look more than ten minutes older means that the clock was set back, and counts.
    """
    rules = rules or Rules()
    if memory.at is not None and timedelta(0) <= memory.at - look.at < CLOCK_SET_BACK:
        return memory, []
    if memory.at is not None and look.at < memory.at:
        memory = memory.model_copy(update={"dumping": DumpMemory()})
    memory = memory.model_copy(update={"at": look.at, "tracks": _tracks(memory, rules)})
    why = _blind(look, rules)
    memory, changes = _unseen(memory, look, why, rules) if why else _seen(memory, look, rules)
    return _answered(memory, changes, now, rules)


def overdue(memory: SpotMemory, now: datetime, rules: Rules | None = None) -> tuple[SpotMemory, list[Change]]:
    """To be called while no picture comes: answers unknown to a re-check that has waited ``recheck_s``."""
    return _answered(memory, [], now, rules or Rules())


def _tracks(memory: SpotMemory, rules: Rules) -> tuple[Track, ...]:
    known = {track.what: track for track in memory.tracks}
    return tuple(known.get(what) or Track(what=what) for what in rules.kinds)


def _fresh(track: Track) -> Track:
    return track.model_copy(update={"scores": (), "leaning": None, "streak": 0})


def _blind(look: Look, rules: Rules) -> str | None:
    """Why this look says nothing, or None. What is seen beside the thing that hides the spot still counts."""
    if look.quality:
        return look.quality
    dirty = any(_score(look, what) >= rules.enter for what in rules.kinds)
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
    update: dict[str, object] = {
        "blind": blind, "tracks": tuple(_fresh(track) for track in memory.tracks), "dumping": settle(memory.dumping)
    }  # fmt: skip
    changes: list[Change] = []
    if blind >= rules.confirm and memory.unseen is None:
        update["unseen"] = why
        words = f"连续 {blind} 次看不清：{why}；按未知处理，不算干净"
        changes = [
            Change(track.what, "unknown", "update", track.key, words, looks=blind)
            for track in memory.tracks
            if track.key
        ]
        if not changes:
            update["number"] = memory.number + 1
            key = update["unseen_key"] = f"unknown:{memory.number + 1}"
            changes = [Change(rules.kinds[0], "unknown", "new", key, words, looks=blind)]
    return memory.model_copy(update=update), changes


def _seen(memory: SpotMemory, look: Look, rules: Rules) -> tuple[SpotMemory, list[Change]]:
    dumping, dumped = watch_dumping(memory.dumping, look.found, look.at, rules.dumping)
    if dumped is None and not dumping.pending and any(track.provisional for track in memory.tracks):
        dumped = News("withdrawn", Found("garbage", 0.0, 0.0, 0.0, 0.0, 0.0), "中间失去了记忆")
    moment = _Moment(look, rules, dumped, back=memory.unseen is not None)
    changes: list[Change] = []
    tracks = []
    number = memory.number
    for old in memory.tracks:
        leaned = _leaned(old, _score(look, old.what), rules)
        track, change = _turned(leaned, moment, number + 1)
        if change is not None:
            changes.append(change)
            number += change.phase == "new"
        tracks.append(track)
    update: dict[str, object] = {"blind": 0, "tracks": tuple(tracks), "number": number, "dumping": dumping}
    sure = {track.sure(rules.confirm) for track in tracks}
    if memory.unseen is not None and ("dirty" in sure or sure == {"clean"}):
        update |= {"unseen": None, "unseen_key": None}
        if sure == {"clean"} and memory.unseen_key:
            words = f"重新看清，连续 {rules.confirm} 次干净"
            changes.append(Change(rules.kinds[0], "clean", "end", memory.unseen_key, words, looks=rules.confirm))
    return memory.model_copy(update=update), changes


def _leaned(track: Track, score: float, rules: Rules) -> Track:
    """The track after one more score: equal verdicts in a row are counted, an unsure one breaks the row."""
    scores = (*track.scores, score)[-rules.window :]
    middle = median(scores)
    clean = middle < rules.leave and score < rules.enter  # one look that clearly shows it is enough not to say clean
    verdict = "dirty" if middle >= rules.enter else "clean" if clean else None
    streak = track.streak + 1 if verdict == track.leaning else 1
    return track.model_copy(update={"scores": scores, "leaning": verdict, "streak": streak if verdict else 0})


def _turned(track: Track, moment: _Moment, number: int) -> tuple[Track, Change | None]:
    """The track after its verdict, and what there is to tell about it; ``number`` makes a new key."""
    sure = track.sure(moment.rules.confirm)
    if track.what == "dumped" and (track.provisional or track.key is None):
        return _dumped(track, moment, f"dumped:{number}")
    if track.key is None:
        if sure == "dirty":
            return _opened(track, moment, f"{track.what}:{number}")
        return (track.model_copy(update={"state": "clean"}) if sure == "clean" else track), None
    if sure == "clean":
        words = f"连续 {track.streak} 次未见{CHINESE[track.what]}"
        change = Change(track.what, "clean", "end", track.key, words, median(track.scores), track.streak)
        return track.model_copy(update={"state": "clean", "key": None, "told_at": None}), change
    if sure == "dirty" and (moment.back or _silent(track, moment)):
        words = f"重新看清，{CHINESE[track.what]}仍在" if moment.back else f"{CHINESE[track.what]}仍在"
        boxes = _boxes(moment.look, track.what, moment.rules.leave)
        change = Change(track.what, "dirty", "update", track.key, words, median(track.scores), track.streak, boxes)
        return track.model_copy(update={"told_at": moment.look.at}), change
    return track, None


def _opened(track: Track, moment: _Moment, key: str) -> tuple[Track, Change]:
    words, score = f"连续 {track.streak} 次看到{CHINESE[track.what]}", median(track.scores)
    boxes = _boxes(moment.look, track.what, moment.rules.leave)
    after = track.model_copy(update={"state": "dirty", "key": key, "told_at": moment.look.at})
    return after, Change(track.what, "dirty", "new", key, words, score, max(1, track.streak), boxes)


def _dumped(track: Track, moment: _Moment, key: str) -> tuple[Track, Change | None]:
    """A dumping begins, is certain, or is taken back; one that began while another was open is not told."""
    news, key = moment.dumped, track.key or key
    if news is None or (track.key is None and news.step != "early"):
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
    after = track.model_copy(update={"state": "dirty", "provisional": False, "told_at": moment.look.at})
    return after, Change("dumped", "dirty", "update", key, "有人或车离开后留下新的垃圾，已确认", *told)


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
    sure = {track.sure(confirm) for track in tracks}
    if "dirty" in sure:
        return "dirty"
    if sure == {"clean"}:
        return "clean"
    return "unknown" if blind >= confirm else None


def _answer(tracks: Sequence[Track], state: State, asked: Asked, rules: Rules) -> Change:
    """The answer as a change of its own, where the state itself did not turn at this look."""
    track = next((one for one in tracks if one.sure(rules.confirm) == state), tracks[0])
    words = {"clean": "复核：干净", "dirty": f"复核：{CHINESE[track.what]}仍在", "unknown": "复核：看不清，不算干净"}
    key, phase = track.key or f"recheck:{asked.command}", "update" if track.key else "end"
    score = median(track.scores) if track.scores else 0.0
    return Change(
        track.what, state, cast("Phase", phase), key, words[state], score, track.streak, recheck=asked.command
    )
