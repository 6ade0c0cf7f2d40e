"""The channels that a county's policy and people name, held against those that server.toml makes.

A name that only one side has reaches nobody, and would be found out by the first letter that fails.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator

from county.policy.channels import BUILT_IN, names_of
from county.snapshot import County

log = logging.getLogger(__name__)


def named(county: County) -> Iterator[tuple[str, str]]:
    """Each place that names a channel, in Chinese, and the name."""
    policy = county.policy
    for level, routes in policy.channels.items():
        yield from ((f"policy.toml的[channels] {level}", name) for name in names_of(routes))
    for also in policy.remind.also:
        where = f"policy.toml的[[remind.also]](第{also.from_round}次起)"
        yield from ((where, name) for name in names_of(also.routes))
    for person in county.people.values():
        where = f"people.csv里{person.name}的channels列"
        yield from ((where, name) for name in names_of(person.channels))


def unknown(county: County, made: Collection[str]) -> list[str]:
    """What must be mended, one line a place, in Chinese; ``made`` are the names of server.toml."""
    there = "、".join(sorted(made)) or "一个也没有"
    wrong = dict.fromkeys(one for one in named(county) if one[1] not in BUILT_IN and one[1] not in made)
    return [
        f"{where}写了通道“{name}”,server.toml里没有名为它的[[channel]](有的是:{there});两边名字写成一样"
        for where, name in wrong
    ]


def warn(county: County, made: Collection[str]) -> None:
    """Say in the log what must be mended: a server that starts tells it before the first letter fails."""
    for words in unknown(county, made):
        log.warning("%s", words)
