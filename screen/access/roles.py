"""Roles and what each may: one table, asked by every route (``screen.access.viewer.needs``).

A person of the county has the roles of today's duties. The three administrative roles belong to accounts and are kept
apart (三员分立): who runs the system sets no accounts, who sets accounts reads no audit, none of them does business.
The first account, ``admin``, holds each of the three until another account takes it over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from county.values import Level


class Role(StrEnum):
    """As what somebody is here."""

    SYSTEM = "system"  # 系统管理员: devices, policy, people; sees how the system does
    SECURITY = "security"  # 安全管理员: accounts, roles, second factors, sessions
    AUDITOR = "auditor"  # 审计员: reads every log, changes nothing
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    CONTRACTOR = "contractor"  # a person of a unit that works by contract
    HELPER = "helper"  # 协管员: reports and confirms, ends nothing
    VISITOR = "visitor"  # of an open wall, on this machine


class Right(StrEnum):
    """What a route is about. On the own part of the county only, where the account has one."""

    SELF = "self"  # the own account
    WALL = "wall"  # figures, map, places, cameras with their newest picture
    TICKETS = "tickets"  # tickets of the own part, with their history
    ACT = "act"  # acts and side moves; each asks for its own right besides
    EVIDENCE = "evidence"  # pictures and clips beyond those of the wall
    EXPORT = "export"  # lists as files
    PEOPLE = "people"  # people, duties and gaps
    PEOPLE_EDIT = "people_edit"
    DEVICES = "devices"
    DEVICES_EDIT = "devices_edit"  # provision, revoke, spots and masks
    POLICY = "policy"
    POLICY_EDIT = "policy_edit"
    LETTERS = "letters"  # dead letters and the log of messages
    FAIRNESS = "fairness"
    LISTS = "lists"  # the red and black lists, as far as they are about the own part
    LISTS_EDIT = "lists_edit"  # to draw them up and to approve them, each by another
    ACCOUNTS = "accounts"
    AUDIT = "audit"


NAMES: Mapping[Role, str] = MappingProxyType({
    Role.SYSTEM: "系统管理员", Role.SECURITY: "安全管理员", Role.AUDITOR: "审计员", Role.COUNTY: "县级",
    Role.TOWNSHIP: "乡镇", Role.VILLAGE: "村级", Role.CONTRACTOR: "承包单位", Role.HELPER: "协管员",
    Role.VISITOR: "访客",
})  # fmt: skip
ADMINISTRATIVE = (Role.SYSTEM, Role.SECURITY, Role.AUDITOR)

_BUSINESS = frozenset({Right.SELF, Right.WALL, Right.TICKETS, Right.ACT, Right.EVIDENCE})
_OFFICE = _BUSINESS | {
    Right.EXPORT, Right.PEOPLE, Right.DEVICES, Right.FAIRNESS, Right.LISTS, Right.LISTS_EDIT,
}  # fmt: skip
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType({
    Role.SYSTEM: frozenset({
        Right.SELF, Right.WALL, Right.TICKETS, Right.PEOPLE, Right.PEOPLE_EDIT, Right.DEVICES, Right.DEVICES_EDIT,
        Right.POLICY, Right.POLICY_EDIT, Right.LETTERS,
    }),
    Role.SECURITY: frozenset({Right.SELF, Right.ACCOUNTS, Right.PEOPLE}),
    Role.AUDITOR: frozenset({
        Right.SELF, Right.WALL, Right.TICKETS, Right.EVIDENCE, Right.EXPORT, Right.PEOPLE, Right.DEVICES, Right.POLICY,
        Right.LETTERS, Right.FAIRNESS, Right.LISTS, Right.AUDIT,
    }),
    Role.COUNTY: _OFFICE | {Right.POLICY, Right.LETTERS},
    Role.TOWNSHIP: _OFFICE,
    Role.VILLAGE: _BUSINESS | {Right.PEOPLE, Right.LISTS},
    Role.CONTRACTOR: _BUSINESS,
    Role.HELPER: _BUSINESS,
    Role.VISITOR: frozenset({Right.WALL, Right.EVIDENCE}),
})  # fmt: skip
_OF_LEVEL = {
    Level.VILLAGE: Role.VILLAGE, Level.TOWNSHIP: Role.TOWNSHIP, Level.COUNTY: Role.COUNTY, Level.LEADER: Role.COUNTY,
}  # fmt: skip


def of_levels(levels: Iterable[Level]) -> frozenset[Role]:
    """The roles that duties on these levels give."""
    return frozenset(_OF_LEVEL[level] for level in levels)


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """All that these roles may."""
    return frozenset().union(*(RIGHTS[role] for role in roles))
