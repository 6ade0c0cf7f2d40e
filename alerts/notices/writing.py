"""From a claimed notice to the letter that its channel sends."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.bindings import reaching
from alerts.channels import By, Letter
from alerts.store.book import Pen
from alerts.store.tables import NOTICES, TICKETS, moment
from alerts.tickets.moves import category
from alerts.values import Purpose
from county.snapshot import County

ABOUT = sa.select(
    TICKETS.c.number, TICKETS.c.what, TICKETS.c.severity, TICKETS.c.place_name, TICKETS.c.spot_name, TICKETS.c.due_us,
    TICKETS.c.village,
).where(TICKETS.c.id == sa.bindparam("ticket"))  # fmt: skip
READ = frozenset({Purpose.COPY.value, Purpose.UNREACHED.value})  # nothing is to be done on the page that opens


def to_whom(pen: Pen, row: sa.Row[Any], county: County) -> sa.Row[Any]:
    """The notice to the person as ``people.csv`` has them now: a new phone counts for open tickets too."""
    person = county.people.get(row.person_id)
    if person is None or (person.name, person.phone) == (row.person_name, row.person_phone):
        return row
    now = NOTICES.update().where(NOTICES.c.id == row.id).values(person_name=person.name, person_phone=person.phone)
    return pen.conn.execute(now.returning(*NOTICES.c)).one()


def of_ticket(row: sa.Row[Any], about: Any, desk: tuple[str, str], county: County) -> Letter:
    """A notice about a ticket; ``desk`` are the address of the desk and the code of this person's link."""
    base, code = desk
    link = f"{base.rstrip('/')}/t/{code}"
    return Letter(
        str(row.id), about.number, row.purpose, row.level, row.round, row.person_name, row.person_phone,
        f"{row.words}{'查看' if row.purpose in READ else '处理'}:{link}", link, row.maybe_doubled,
        what=category(county, about.what)[0], severity=county.policy.severities.get(about.severity, ""),
        place=place_of(about), code=code, village=about.village, grade=about.severity,
        due=due_of(about, county),
    )  # fmt: skip


def place_of(about: Any) -> str:
    """Where a ticket is, as people read it."""
    return f"{about.place_name} {about.spot_name}".strip()


def due_of(about: Any, county: County) -> str:
    """Until when, on the county's clock; empty where nothing runs out."""
    due = moment(about.due_us)
    return f"{due.astimezone(ZoneInfo(county.calendar.zone)):%m月%d日%H:%M}" if due else ""


def of_mute(row: sa.Row[Any], base: str) -> Letter:
    """A mute opens on the office page, after the login of who may grant it."""
    link = f"{base.rstrip('/')}/office#mutes"
    return Letter(
        str(row.id), f"静默{row.mute}", row.purpose, row.level, row.round, row.person_name, row.person_phone,
        f"{row.words}登录处理:{link}", link, row.maybe_doubled,
    )  # fmt: skip


def address(row: sa.Row[Any], by: By, county: County, conn: sa.Connection) -> str:
    """By what a channel knows the person of a notice: what they have bound, then what people.csv says; or empty."""
    if by is By.PHONE:
        return str(row.person_phone)
    person = county.people.get(row.person_id)
    if person is None:
        return ""
    return reaching.address(conn, county.code, person, by)
