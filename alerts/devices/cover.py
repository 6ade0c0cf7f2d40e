"""Who stands for whom: a silent box for its cameras and bins, a dead line for its boxes, our deafness for all. Pure.

``decide`` turns what a round saw into findings (what opens and ends tickets) and into memory (what the next round must
know). A device that another stands for is *covered*: it has no ticket of its own, and a row says by what. When that is
over and the device is still silent it gets its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from alerts.devices.faults import Observed
from alerts.tickets.moves import local_day
from broker.messages import Kind, State
from county.policy.equipment import OF_EQUIPMENT, Fault
from county.snapshot import County
from county.values import Device, DeviceKind, Spot, own_spot

Key = tuple[str, str]  # place (device or region) and fault
LEAST_DEAF = 3  # fewer boxes that are all silent may well be dead
_WORDS = {DeviceKind.CAMERA: "台摄像机", DeviceKind.BIN: "个垃圾桶"}
_CHILDREN = {DeviceKind.CAMERA: Fault.CAMERA_SILENT.value, DeviceKind.BIN: Kind.BIN_SILENT.value}


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one fault of one device.

    ``bad_at``: wrong since then, None while well. ``good``: reports in a row that said well although a ticket stands,
    ``seen`` the last of them. ``freed_at``: when it became well, or what stood for it ended: before that it could not
    be heard. ``covered_by``: what stands for it, as ``place/fault``, or "".
    """

    place: str
    fault: str
    bad_at: datetime | None = None
    freed_at: datetime | None = None
    seen: datetime | None = None
    good: int = 0
    covered_by: str = ""

    @property
    def key(self) -> Key:
        return self.place, self.fault


@dataclass(frozen=True, slots=True)
class Finding:
    """A look of the rules: something is wrong (dirty) with this device or line, or no longer (clean)."""

    spot: Spot
    fault: str
    state: State
    words: str

    @property
    def key(self) -> Key:
        return self.spot.device, self.fault


@dataclass(frozen=True, slots=True)
class Ground:
    """What a round decides from. ``told`` are the faults for which a ticket is open (or muted); ``awake`` is since when
    we listen without a gap.
    """

    county: County
    observed: Sequence[Observed]
    memory: Mapping[Key, Memory]
    told: frozenset[Key]
    awake: datetime
    now: datetime
    door_open: bool = True


@dataclass(frozen=True, slots=True)
class Round:
    """What comes of it: looks for the rules, the memory that changed; ``deaf``: nobody was heard, so it is our side."""

    findings: tuple[Finding, ...] = ()
    memory: tuple[Memory, ...] = ()
    deaf: bool = False


def decide(ground: Ground) -> Round:
    """Decide about one round; while we are deaf nothing is found and nothing forgotten."""
    if not ground.door_open:
        return Round(deaf=True)
    page = _Page(ground)
    page.settle()
    if page.all_silent():
        return Round(deaf=True)
    page.end_links()
    page.cover_boxes()
    page.cover_children()
    page.tell_others()
    page.end_gone()
    page.free_orphans()
    changed = [one for key, one in sorted(page.memory.items()) if one != ground.memory.get(key, Memory(*key))]
    return Round(tuple(page.findings), tuple(changed))


def link_spot(code: str) -> Spot:
    """The line to a village or township, as a spot of its own."""
    return Spot(code, code, "网络线路", code)


@dataclass(slots=True)
class _Page:
    """The working sheet of one round."""

    ground: Ground
    memory: dict[Key, Memory] = field(default_factory=dict)
    told: set[Key] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    boxes: dict[str, Observed] = field(default_factory=dict)  # who speaks for others and has ever spoken
    day: date = date.min
    under: dict[str, list[Observed]] = field(default_factory=lambda: defaultdict(list))  # those, by region
    wait: bool = False

    def __post_init__(self) -> None:
        self.memory = dict(self.ground.memory)
        self.told = set(self.ground.told)
        self.day = local_day(self.ground.county, self.ground.now)
        self.boxes = {one.device.id: one for one in self.ground.observed if one.fault is Fault.BOX_SILENT and one.known}
        for one in self.boxes.values():
            for code in _lines(one.device):
                self.under[code].append(one)

    def of(self, key: Key) -> Memory:
        return self.memory.get(key) or Memory(*key)

    def settle(self) -> None:
        """Take in what was seen: since when something is wrong, and how often in a row it was well."""
        for one in self.ground.observed:
            known = self.memory.get(one.key)
            if known is None and one.state is not State.DIRTY:
                continue  # well, and was so before: nearly all of them, every minute
            before = known or Memory(*one.key)
            after = _settled(one, before, one.key in self.told or bool(before.covered_by), self.ground)
            if after != before:
                self.memory[one.key] = after

    def all_silent(self) -> bool:
        """Whether every box is silent at once: then nobody is dead but our ear."""
        if len(self.boxes) < LEAST_DEAF or any(one.state is not State.DIRTY for one in self.boxes.values()):
            return False
        fresh = [one for one in self.boxes.values() if not self.held(one.key)]
        self.wait = len(fresh) >= LEAST_DEAF
        return self.wait and all(self.long(one) for one in fresh)

    def held(self, key: Key) -> bool:
        """Whether a ticket stands for it: its own, or what covers it."""
        return key in self.told or bool(self.of(key).covered_by)

    def long(self, one: Observed) -> bool:
        """Whether it has been wrong for longer than the county waits."""
        if one.state is not State.DIRTY:
            return False
        memory, policy = self.of(one.key), self.ground.county.policy.equipment
        limit = policy.limit(one.fault) if one.known else timedelta(seconds=policy.never_heard_after_s)
        return self.ground.now - self.base(memory) > limit

    def base(self, memory: Memory) -> datetime:
        """Since when its silence counts: what we could not hear does not."""
        moments = (memory.bad_at, memory.freed_at, self.ground.awake)
        return max(one for one in moments if one is not None and one <= self.ground.now)

    def end_links(self) -> None:
        """A line works again as soon as one of its boxes is well; what it stood for is free."""
        codes = {place for place, fault in self.told if fault == Fault.LINK_DOWN}
        for code in sorted(codes):
            known = self.under.get(code, [])
            well = next((one for one in known if self.of(one.key).bad_at is None), None)
            if well is not None or not known:
                words = f"网络恢复:{well.device.name}又有数据了" if well is not None else "这里没有盒子要值守了"
                self.tell(Finding(link_spot(code), Fault.LINK_DOWN, State.CLEAN, words))
        open_links = {_name(key) for key in self.told if key[1] == Fault.LINK_DOWN}
        for one in self.boxes.values():
            memory = self.of(one.key)
            if memory.covered_by and (memory.covered_by not in open_links or memory.bad_at is None):
                self.memory[one.key] = replace(memory, covered_by="")

    def cover_boxes(self) -> None:
        """Give each silent box one ticket: that of its line where all are silent together, else its own."""
        for one in self.ground.observed:
            if one.device.speaker != one.device.id or one.fault not in (Fault.BOX_SILENT, Fault.CAMERA_SILENT):
                continue
            if one.key in self.told and self.of(one.key).bad_at is None and one.state is State.CLEAN:
                self.tell(Finding(own_spot(one.device), one.fault, State.CLEAN, one.words))
            elif self.long(one) and not self.held(one.key) and not self._by_line(one):
                self.tell(Finding(own_spot(one.device), one.fault, State.DIRTY, self._with_children(one)))

    def _by_line(self, one: Observed) -> bool:
        """Whether the line of its township or village stands for a silent box, or may within a moment."""
        if one.device.id not in self.boxes:
            return False
        policy = self.ground.county.policy.equipment
        patient = self.ground.now - self.base(self.of(one.key)) <= 2 * policy.limit(one.fault)
        if self.wait and patient:
            return True
        groups = (self._fresh(code) for code in _lines(one.device))
        line = next((group for group in groups if group is not None and self._is_line(*group)), None)
        if line is None:
            return False
        code, fresh = line
        if (code, Fault.LINK_DOWN.value) in self.told or all(self.long(box) for box in fresh):
            self._stand_for([box for box in fresh if self.long(box)], code)
            return True
        return patient

    def _fresh(self, code: str) -> tuple[str, list[Observed]] | None:
        """The boxes under a region that nothing stands for yet; None while one of its boxes is heard."""
        members = self.under.get(code, [])
        if any(box.state is not State.DIRTY for box in members):
            return None
        return code, [box for box in members if not self.held(box.key)]

    def _is_line(self, code: str, fresh: Sequence[Observed]) -> bool:
        told = (code, Fault.LINK_DOWN.value) in self.told
        return told or len(fresh) >= self.ground.county.policy.equipment.together

    def _stand_for(self, boxes: Sequence[Observed], code: str) -> None:
        key = (code, Fault.LINK_DOWN.value)
        for box in boxes:
            self.memory[box.key] = replace(self.of(box.key), covered_by=_name(key))
        if key not in self.told:
            names = "、".join(box.device.name for box in boxes[:3]) + ("等" if len(boxes) > 3 else "")
            words = f"{len(boxes)} 个盒子同时没有数据({names}),可能是线路或停电;各盒子及名下设备不再单独告警"
            self.tell(Finding(link_spot(code), Fault.LINK_DOWN, State.DIRTY, words))

    def _with_children(self, one: Observed) -> str:
        kinds = Counter(child.kind for child in self.children(one.device) if self._free(child))
        parts = [f"{count} {_WORDS[kind]}" for kind, count in sorted(kinds.items(), reverse=True)]
        return one.words + (f",名下 {'、'.join(parts)}不再单独告警" if parts else "")

    def children(self, box: Device) -> list[Device]:
        return [one for one in self.ground.county.behind(box.id) if one.kind in _CHILDREN and one.holds(self.day)]

    def _free(self, child: Device) -> bool:
        return (child.id, _CHILDREN[child.kind]) not in self.told

    def cover_children(self) -> None:
        """Cameras and bins behind a silent box are covered by what stands for the box; those of a well one are free."""
        devices = self.ground.county.devices
        covering = {
            devices[one.place].speaker for one in self.memory.values() if one.covered_by and one.place in devices
        }
        for one in self.ground.observed:
            if one.fault is not Fault.BOX_SILENT:
                continue
            by = _name(one.key) if one.key in self.told else self.of(one.key).covered_by
            if not by and one.device.id not in covering:
                continue  # well, and so it was: nearly all of them, every minute
            for child in self.children(one.device):
                self._cover((child.id, _CHILDREN[child.kind]), by)

    def _cover(self, key: Key, by: str) -> None:
        memory = self.of(key)
        if key in self.told:
            by = ""  # it has a ticket of its own from before
        if memory.covered_by == by:
            return
        self.memory[key] = replace(memory, covered_by=by, freed_at=memory.freed_at if by else self.ground.now)

    def tell_others(self) -> None:
        """Whatever is wrong with devices that are heard, each by itself."""
        weather = _is_weather(self.ground)
        for one in self.ground.observed:
            if one.state is not State.DIRTY and one.key not in self.told:
                continue  # nothing to begin, and nothing to end: nearly all of them
            if one.fault in (Fault.BOX_SILENT, Fault.CAMERA_DARK) or _speaks_for_itself(one):
                continue
            if one.key in self.told and self.of(one.key).bad_at is None and one.state is State.CLEAN:
                self.tell(Finding(own_spot(one.device), one.fault, State.CLEAN, one.words))
            elif self.long(one) and not self.held(one.key) and not (weather and one.fault is Fault.CAMERA_BLIND):
                self.tell(Finding(own_spot(one.device), one.fault, State.DIRTY, one.words))

    def end_gone(self) -> None:
        """What is no longer in the registry is no longer missed."""
        here = {one.device.id for one in self.ground.observed}
        apart = {Fault.LINK_DOWN.value, Fault.BIN_DISAGREES.value, Kind.BIN_SILENT.value}
        for place, fault in sorted(self.told):
            if place not in here and fault in OF_EQUIPMENT and fault not in apart:
                spot = own_spot(Device(place, DeviceKind.BOX, place, ""))
                self.tell(Finding(spot, fault, State.CLEAN, "设备已从登记中撤下,不再值守"))

    def free_orphans(self) -> None:
        """What a person closed, or what left the registry, stands for nobody any more."""
        standing = {_name(key) for key in self.told}
        for key, memory in list(self.memory.items()):
            if memory.covered_by and memory.covered_by not in standing:
                self.memory[key] = replace(memory, covered_by="", freed_at=self.ground.now)

    def tell(self, finding: Finding) -> None:
        self.findings.append(finding)
        if finding.state is State.DIRTY:
            self.told.add(finding.key)
        else:
            self.told.discard(finding.key)


def _settled(one: Observed, before: Memory, held: bool, ground: Ground) -> Memory:
    now = ground.now
    if one.state is State.UNKNOWN:
        return before
    if one.state is State.DIRTY:
        bad_at = one.since or before.bad_at or now
        return replace(before, bad_at=min(bad_at, now), good=0, seen=one.seen)
    if before.bad_at is None:
        return before
    good = before.good + (one.seen != before.seen)
    if held and good < ground.county.policy.equipment.heard_again:
        return replace(before, good=good, seen=one.seen)
    return replace(before, bad_at=None, good=0, seen=one.seen, freed_at=now if held else before.freed_at)


def _is_weather(ground: Ground) -> bool:
    """Whether so many cameras are blind at once that it is fog or snow, and no ticket would help."""
    seen = [one for one in ground.observed if one.fault is Fault.CAMERA_BLIND and one.state is not State.UNKNOWN]
    blind = sum(one.state is State.DIRTY for one in seen)
    policy = ground.county.policy.equipment
    return blind >= policy.weather_least and blind >= policy.weather_share * len(seen)


def _speaks_for_itself(one: Observed) -> bool:
    return one.fault is Fault.CAMERA_SILENT and one.device.speaker == one.device.id


def _lines(device: Device) -> tuple[str, str]:
    """The regions whose line a box hangs on, the widest first: township and village."""
    return device.village[:9], device.village


def _name(key: Key) -> str:
    return "/".join(key)


@dataclass(frozen=True, slots=True)
class Dark:
    """A camera whose last night was too dark to see, and since when."""

    place: str
    since: datetime


def dark_at_night(memory: Iterable[Memory], county: County, now: datetime) -> list[Dark]:
    """The cameras that were too dark in the last night in which they could be judged (夜间图像检查)."""
    limit = county.policy.equipment.limit(Fault.CAMERA_DARK)
    dark = [Dark(one.place, one.bad_at) for one in memory if one.fault == Fault.CAMERA_DARK and one.bad_at is not None]
    return [one for one in dark if now - one.since > limit]
