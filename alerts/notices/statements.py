"""The statements of the post office: which notices wait, which are still wanted, and how one is claimed."""

from __future__ import annotations

import sqlalchemy as sa

from alerts.asks.asks import AskState
from alerts.asks.move_tables import ASKS
from alerts.mutes.mute_tables import MUTES
from alerts.mutes.mutes import Hold
from alerts.store.tables import NOTICES, TICKETS
from alerts.values import Purpose


def of_county(county: str) -> sa.ColumnElement[bool]:
    """The notice is about a ticket or a mute of this county."""
    ticket = sa.exists().where((TICKETS.c.id == NOTICES.c.ticket) & (TICKETS.c.county == county))
    return sa.or_(ticket, sa.exists().where((MUTES.c.n == NOTICES.c.mute) & (MUTES.c.county == county)))


def _wanted(notices: sa.FromClause) -> sa.ColumnElement[bool]:
    """The ticket still waits for the person whom this notice tells, or the ask or the mute does that it is about.

    What became of an ask is told in any case; and so is a copy, for it asks nothing. That somebody cannot be told is
    told for as long as their answer is waited for.
    """
    of = notices.c
    step = sa.exists().where(
        (TICKETS.c.id == of.ticket)
        & TICKETS.c.is_open
        & TICKETS.c.calling
        & (TICKETS.c.level == of.level)
        & (TICKETS.c.round == of.round)
    )
    same_round = (ASKS.c.id == of.ask) & (ASKS.c.round == of.round)
    waits = sa.exists().where(same_round & (ASKS.c.state == AskState.WAITING.value))
    asked = (MUTES.c.hold == Hold.ASKED.value) & (MUTES.c.end_us > sa.bindparam("now_us"))
    granted = sa.exists().where((MUTES.c.n == of.mute) & asked & (MUTES.c.round == of.round))
    told = of.purpose.in_([Purpose.ANSWERED.value, Purpose.COPY.value])
    of_step = (of.ask == "") | (of.purpose == Purpose.UNREACHED.value)
    return told | sa.case((of.mute != 0, granted), (of_step, step), else_=waits)


# Built once: there are hundreds of letters a day, and putting these together took longer than the database does.
JOINED = NOTICES.alias("joined")  # what a digest holds
IS_DIGEST = NOTICES.c.purpose == Purpose.DIGEST.value
JOINED_WANTED = (JOINED.c.state == "digested") & _wanted(JOINED)
_HOLDS_SOME = sa.exists().where((JOINED.c.digest == NOTICES.c.id) & JOINED_WANTED)
WANTED = sa.case((IS_DIGEST, _HOLDS_SOME), else_=_wanted(NOTICES))
FREE = sa.or_(
    (NOTICES.c.state == "waiting") & (NOTICES.c.ready_us <= sa.bindparam("now_us")),
    (NOTICES.c.state == "claimed") & (NOTICES.c.claimed_us <= sa.bindparam("lease_end_us")),
)
ANY = sa.select(NOTICES.c.id).where(FREE & NOTICES.c.channel.in_(sa.bindparam("names", expanding=True))).limit(1)
_ABOUT = TICKETS.alias("about")
SEVERITY = sa.select(_ABOUT.c.severity).where(_ABOUT.c.id == NOTICES.c.ticket).scalar_subquery().label("severity")
RANK = sa.case((SEVERITY.element == "urgent", 0), (SEVERITY.element == "major", 1), else_=2)  # the graver goes first
IN_FLIGHT = (NOTICES.c.state == "claimed") & (NOTICES.c.claimed_us > sa.bindparam("lease_end_us"))
CLAIM = (
    NOTICES.update()
    .where((NOTICES.c.id == sa.bindparam("notice")) & FREE & WANTED)
    .values(
        state="claimed", claimed_us=sa.bindparam("now_us"), attempts=NOTICES.c.attempts + 1,
        tried_us=sa.case(  # never later than now: a clock that was set back would keep it on this channel for ever
            (NOTICES.c.tried_us <= sa.bindparam("now_us"), NOTICES.c.tried_us), else_=sa.bindparam("now_us")
        ),
        maybe_doubled=sa.or_(NOTICES.c.maybe_doubled, NOTICES.c.state == "claimed"),
    )
    .returning(*NOTICES.c)
)  # fmt: skip
MARK = NOTICES.update().where((NOTICES.c.id == sa.bindparam("notice")) & (NOTICES.c.state == "claimed"))
SETTLE = NOTICES.update().where((NOTICES.c.id == sa.bindparam("notice")) & (NOTICES.c.state == "accepted"))
CLAIMED = sa.select(NOTICES).where((NOTICES.c.id == sa.bindparam("notice")) & (NOTICES.c.state == "claimed"))
