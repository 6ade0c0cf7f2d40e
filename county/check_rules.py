"""What is wrong with a county's rules although each can be read: unknown names, and numbers that do not fit. Pure.

A number may be right for the county and wrong with what an area changes: each [[at]] is tried with all above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from county.policy import At, Policy, Rule
from county.policy.at import bins_under, recheck_under
from county.rows import Problem
from county.values import Device, Region, Spot

FILE = "policy.toml"
BLOCKS = ("rule", "rise", "at", "need", "limit", "right")
Fault = tuple[str, str]  # text, cure
Above = Mapping[str, tuple[str, ...]]
_CODES = "use a code of [[category]]"
_AREAS = "use a code of regions.csv, or the id of a device or spot"
_FIT = "correct the number as the message says"


def rule_problems(policy: Policy, above: Above, lines: Mapping[str, Sequence[int]]) -> Iterator[Problem]:
    """Every problem. ``above``: for each known area those it lies in; ``lines``: of each block, by the block's name."""
    faults: dict[str, Callable[[int], Iterable[Fault]]] = {
        "rule": lambda number: _of_rule(policy, number, above),
        "rise": lambda number: _of_rise(policy, number),
        "at": lambda number: _of_area(policy, number, above),
    }
    for block, told in (("rule", policy.rules), ("rise", policy.rises), ("at", policy.at)):
        known = lines.get(block, ())
        for number in range(len(told)):
            line = known[number] if number < len(known) else 0
            yield from (Problem(FILE, line, text, cure) for text, cure in faults[block](number))


def areas_above(regions: Iterable[Region], devices: Iterable[Device], spots: Iterable[Spot]) -> Above:
    """For every region, device and spot the areas it lies in, the widest first, itself last."""
    parents = {region.code: region.parent for region in regions}
    found = {code: _chain(code, parents) for code in parents}
    found |= {device.id: (*found.get(device.village, ()), device.id) for device in devices}
    return found | {
        spot.id: tuple(dict.fromkeys((*found.get(spot.region, ()), spot.device, spot.id))) for spot in spots
    }


def _chain(code: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    chain = [code]
    while (parent := parents.get(chain[-1], "")) and parent not in chain:
        chain.append(parent)
    return tuple(reversed(chain))


def _of_rule(policy: Policy, number: int, above: Above) -> Iterator[Fault]:
    rule = policy.rules[number]
    if any(one.name == rule.name for one in policy.rules[:number]):
        yield f"a second rule {rule.name!r}", "give each rule a name of its own"
    known = {category.code for category in policy.categories}
    for code in (rule.category, *(rule.what or ())):
        if code not in known:
            yield f"rule {rule.name!r}: unknown category {code!r}", _CODES
    for area in rule.areas or ():
        if area not in above and area not in policy.zones:
            yield f"rule {rule.name!r}: unknown area {area!r}", f"{_AREAS}, or a zone of [zones]"
    for zone in _zones_of(rule):
        if zone not in policy.zones:
            yield f"rule {rule.name!r}: unknown zone {zone!r}", "use a zone of [zones]"


def _zones_of(rule: Rule) -> Iterator[str]:
    for block in (rule, *rule.levels, *((rule.clear,) if rule.clear else ())):
        yield from (str(one.value) for one in block.comparisons if one.field == "zone")


def _of_rise(policy: Policy, number: int) -> Iterator[Fault]:
    code = policy.rises[number].category
    if code and policy.category(code) is None:
        yield f"a rise of the unknown category {code!r}", f"{_CODES}, or leave it out for all"


def _of_area(policy: Policy, number: int, above: Above) -> Iterator[Fault]:
    one = policy.at[number]
    if any(each.area == one.area for each in policy.at[:number]):
        yield f"a second block for the area {one.area}", "write what differs there as one block"
    if one.area not in above:
        yield f"unknown area {one.area!r}", _AREAS
        return
    rules = {rule.name: rule for rule in policy.rules}
    for change in one.rules:
        if change.name not in rules:
            yield f"area {one.area}: unknown rule {change.name!r}", "use the name of a [[rule]]"
            return
        for name in change.numbers:
            if name not in rules[change.name].numbers:
                yield f"area {one.area}: rule {change.name!r} has no number {name!r}", "add it to the rule's numbers"
                return
    yield from _misfits(policy, [each for area in above[one.area] for each in policy.at if each.area == area])


def _misfits(policy: Policy, changes: Sequence[At]) -> Iterator[Fault]:
    """What does not fit together at the last of these areas."""
    area = changes[-1].area
    tries: dict[str, Callable[[], object]] = {
        "[bin]": lambda: bins_under(policy.bins, changes),
        "[recheck]": lambda: _proof_under(policy, changes),
    }
    for name, attempt in (*tries.items(), *_rule_tries(policy, changes)):
        try:
            attempt()
        except ValueError as fault:
            yield f"area {area}, {name}: {_plain(fault)}", _FIT


def _proof_under(policy: Policy, changes: Sequence[At]) -> None:
    wrong = recheck_under(policy.recheck, changes).wrong([category.code for category in policy.categories])
    if wrong:
        raise ValueError(wrong)


def _rule_tries(policy: Policy, changes: Sequence[At]) -> Iterator[tuple[str, Callable[[], object]]]:
    for rule in policy.rules:
        mine = [each for change in changes for each in change.rules if each.name == rule.name]
        if mine:
            yield f"rule {rule.name!r}", lambda rule=rule, mine=mine: rule.definition(mine)  # type: ignore[misc]


def _plain(fault: ValueError) -> str:
    """The sentence of a fault without what pydantic writes around it."""
    return str(fault).split("Value error, ")[-1].split(" [type=")[0]
