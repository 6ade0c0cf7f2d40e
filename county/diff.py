"""What differs between two counties, in words a person can read before a new revision is saved. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from county.policy import Policy
from county.shifts import Shift
from county.snapshot import Content
from county.values import Duty, Region, Spot
from county.ways import WEEKDAYS, Way

NOTHING = "∅"  # an empty cell


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that was added, removed or changed; ``text`` names old and new values.

    ``cells`` are the same changes of a record one by one: column, old and new value.
    """

    file: str
    what: Literal["added", "removed", "changed"]
    key: str
    text: str
    cells: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.what]
        return f"{sign} {self.file}: {self.key} {self.text}".rstrip()


def differences(old: Content, new: Content) -> list[Difference]:
    """Everything that differs, by file; empty when both say the same."""
    names = _names(new) | _names(old)
    found = [
        *_tables("regions.csv", old.regions, new.regions, lambda region: region.code),
        *_tables("people.csv", old.people, new.people, lambda person: person.id),
        *_tables("units.csv", old.units, new.units, lambda unit: unit.id),
        *_tables("leave.csv", old.leaves, new.leaves, lambda leave: f"{leave.person} from {leave.start}"),
        *_tables("roster.csv", old.shifts, new.shifts, lambda shift: _shift_key(shift, names)),
        *_tables("duties.csv", old.duties, new.duties, lambda duty: _duty_key(duty, names)),
        *_tables("ways.csv", old.ways, new.ways, lambda way: way.id),
        *_tables("devices.csv", old.devices, new.devices, lambda device: device.id),
        *_tables("spots.geojson", old.spots, new.spots, lambda spot: f"{spot.device} {spot.id}"),
        *_tables("masks.geojson", old.masks, new.masks, lambda mask: f"{mask.device} {mask.id}"),
        *_tables("calendar.csv", old.calendar.days.values(), new.calendar.days.values(), lambda day: str(day.date)),
        *_mappings("policy.toml", _flat(old.policy), _flat(new.policy)),
    ]
    if old.outline != new.outline:
        found.append(Difference("outline.geojson", "changed", "outline", ""))
    return found


def _duty_key(duty: Duty, names: Mapping[str, str]) -> str:
    start = f" from {duty.valid_from}" if duty.valid_from else ""
    only = f" for {'|'.join(duty.categories)}" if duty.categories else ""
    return f"{duty.area} ({names.get(duty.area, '?')}) {duty.level.value} rank {duty.rank}{only}{start}"


def _shift_key(shift: Shift, names: Mapping[str, str]) -> str:
    days = "|".join(WEEKDAYS[day] for day in shift.days)
    hours = "-".join(f"{clock:%H:%M}" for clock in shift.hours or ())
    when = " ".join(part for part in (days, hours, f"from {shift.start}" if shift.start else "") if part)
    return f"{shift.area} ({names.get(shift.area, '?')}) {shift.level.value} {shift.person} {when}".rstrip()


def _names(content: Content) -> dict[str, str]:
    places: tuple[Region | Spot | Way, ...] = (*content.regions, *content.spots, *content.ways)
    return {place.code if isinstance(place, Region) else place.id: place.name for place in places}


def _tables(file: str, old: Iterable[Any], new: Iterable[Any], key: Callable[[Any], str]) -> Iterator[Difference]:
    before, after = ({key(value): value for value in values} for values in (old, new))
    yield from (Difference(file, "removed", name, _brief(before[name])) for name in before if name not in after)
    yield from (Difference(file, "added", name, _brief(after[name])) for name in after if name not in before)
    for name in before:
        if name in after and before[name] != after[name]:
            cells = _cells(before[name], after[name])
            text = ", ".join(f"{column}: {was} → {now}" for column, was, now in cells)
            yield Difference(file, "changed", name, text, cells)


def _mappings(file: str, old: Mapping[str, Hashable], new: Mapping[str, Hashable]) -> Iterator[Difference]:
    for name in sorted({*old, *new}):
        if name not in new:
            yield Difference(file, "removed", name, f"was {old[name]}")
        elif name not in old:
            yield Difference(file, "added", name, f"is {new[name]}")
        elif old[name] != new[name]:
            yield Difference(file, "changed", name, f"{old[name]} → {new[name]}")


def _brief(value: Any) -> str:
    shown = (getattr(value, name, None) for name in ("name", "person", "role", "end", "reason"))
    return " ".join(str(part) for part in shown if part)


def _cells(old: Any, new: Any) -> tuple[tuple[str, str, str], ...]:
    pairs = ((field.name, getattr(old, field.name), getattr(new, field.name)) for field in fields(old))
    return tuple((name, _shown(name, a), _shown(name, b)) for name, a, b in pairs if a != b)


def _shown(name: str, value: Any) -> str:
    if name in ("rota", "days"):
        return "|".join(WEEKDAYS[day] for day in value) or NOTHING
    if name == "hours" and value:
        return "-".join(f"{clock:%H:%M}" for clock in value)
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return "|".join(value) or NOTHING
    return NOTHING if value in (None, "") else str(value)


def _flat(policy: Policy) -> dict[str, str]:
    """Each setting under a name of its own, limits and categories by what they apply to, not by their order."""
    flat: dict[str, str] = {}
    for name, value in policy.model_dump(mode="json", exclude={"limits", "categories", "needs"}).items():
        flat |= _leaves(name, value)
    for limit in policy.limits:
        narrow = "".join(f" {part}" for part in (limit.category, limit.zone, limit.severity) if part)
        flat[f"limit {limit.stage} {limit.level.value}{narrow}"] = f"{limit.value:g} {limit.unit}"
    for need in policy.needs:
        flat[f"need {need.role} {need.level.value} {need.kind or need.area}"] = need.words
    for category in policy.categories:
        flat |= _leaves(f"category {category.code}", category.model_dump(exclude={"code"}))
    return flat


def _leaves(name: str, value: object) -> dict[str, str]:
    if isinstance(value, dict):
        return {key: leaf for part, inner in value.items() for key, leaf in _leaves(f"{name}.{part}", inner).items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        names = [str(item.get("name") or item.get("area") or number) for number, item in enumerate(value, 1)]
        if len(set(names)) != len(names):
            names = [str(number) for number in range(1, len(value) + 1)]
        pairs = zip(names, value, strict=True)
        return {key: leaf for called, item in pairs for key, leaf in _leaves(f"{name} {called}", item).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {name: ", ".join(map(str, value))}
    return {name: str(value)}
