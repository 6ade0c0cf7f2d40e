"""The log of messages: who of the own part was told what, by which channel, and what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from alerts.notices import message_log
from alerts.notices.message_log import FAILED, Message
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.next_page import tell_next
from screen.office.message_shapes import PURPOSES, STATE_NAMES, MessageFilter, MessagePage, MessageShown, which_of

Reads = Annotated[Viewer, needs(Right.FAIRNESS)]
router = APIRouter(prefix="/api/v1", tags=["notices"])


@router.get("/notices", summary="Who was told what, and what became of it; what failed first, then the newest")
def page(request: Request, response: Response, viewer: Reads, which: Annotated[MessageFilter, Query()]) -> MessagePage:
    found, after = message_log.page(rooms_of(request).book, which_of(viewer, which))
    tell_next(request, response, after=after)
    return MessagePage(messages=[_shown(one) for one in found], after=after)


def _shown(one: Message) -> MessageShown:
    return MessageShown(
        id=str(one.id), at=one.at, person=one.person, purpose=one.purpose,
        purpose_name=PURPOSES.get(one.purpose, one.purpose), route=one.route, channel=one.channel, state=one.state,
        state_name=STATE_NAMES.get(one.state, one.state), failed=one.state in FAILED, tries=one.tries,
        sent_at=one.sent_at, maybe_doubled=one.maybe_doubled, words=one.words,
        ticket=str(one.ticket) if one.ticket else None, number=one.number, place=one.place,
    )  # fmt: skip
