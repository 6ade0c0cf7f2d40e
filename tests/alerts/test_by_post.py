"""From a picture of a heap to the mail, the call and the horn: the post office with the channels of these files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import catalog
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from tests.alerts.loop import Room
from tests.alerts.makes import at, event
from tests.county.small import PEOPLE, VILLAGE, small_county
from tests.providers.hooks import SECRET, call_centre, horns, signed
from tests.providers.mailserver import MailServer
from tests.providers.standin import StandIn


class Outside:
    """A mail server, a call centre and a gateway of horns, and the channels that lead there."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        (folder / "secret").write_text(SECRET)
        self.mail = stack.enter_context(MailServer())
        self.centre = stack.enter_context(StandIn(signed(call_centre, at(0).timestamp())))
        self.horns = stack.enter_context(StandIn(signed(horns, at(0).timestamp())))
        hook = {"secret_file": folder / "secret"}
        plain = {"host": "127.0.0.1", "port": self.mail.port, "security": "plain", "sender": "a@qingluan.example"}
        told: tuple[dict[str, Any], ...] = (
            {"name": "mail", "kind": "email", **plain},
            {"name": "call", "kind": "voice", "url": self.centre.base, **hook},
            {"name": "horn", "kind": "loudspeaker", "horns": {VILLAGE: f"{self.horns.base}/shimen"}, **hook},
        )
        self.channels = {one["name"]: catalog.opened(catalog.settings_of(one), lambda: at(0)) for one in told}
        for channel in self.channels.values():
            stack.callback(channel.close)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    with ExitStack() as stack:
        yield Outside(stack, tmp_path)


def test_a_heap_is_in_the_mail_and_on_the_horn_of_its_village_and_nobody_is_called_for_it(
    book: Book, outside: Outside
) -> None:
    people = (replace(PEOPLE[0], email="ma@qingluan.example"), *PEOPLE[1:])
    county = small_county(people=people, channels={"village": ["mail", "horn", "call"]})
    room = Room(book, county)
    post = Post(book, outside.channels, PostSettings("https://desk.example/"), room.world)
    room.feed(event(0))
    post.step()
    assert [mail.to for mail in outside.mail.mails] == ["ma@qingluan.example"]
    assert outside.horns.heard[0].path == "/shimen"
    said = outside.horns.heard[0].json()
    assert (said["village"], "石门村" in said["text"], "马村官" in said["text"]) == (VILLAGE, True, False)
    assert outside.centre.heard == []
    states = {one.channel: one.state for one in room.reader.notices(room.tickets()[0].id)}
    assert states == {"mail": "accepted", "horn": "accepted", "call": "declined"}
