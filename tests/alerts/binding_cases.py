"""A county whose people may bind themselves: stand-ins of both providers, an SMS channel that remembers, and scans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from alerts.bindings.accounts import Accounts, accounts_of
from alerts.bindings.binder import Binder, Page
from alerts.bindings.wecom_account import Application
from alerts.channels import Answer, By
from alerts.channels.catalog import ChannelSettings, settings_of
from alerts.store.book import Book
from county.values import Person
from tests.alerts.loop import Room
from tests.alerts.test_deliveries import TOOK, Phone
from tests.county.small import PEOPLE, small_county
from tests.providers import wechat as weixin
from tests.providers import wecom as corporation
from tests.providers.standin import StandIn

MA, FU = PEOPLE[0], PEOPLE[1]
OPENID, MEMBER = weixin.OPENID, corporation.MEMBER
BASE = "https://desk.qingluan.example"


def settings(folder: Path, wechat: str = "http://127.0.0.1:9", wecom: str = "http://127.0.0.1:9") -> list[Any]:
    """The two channels at the addresses of stand-ins, and an SMS channel, as server.toml would have them."""
    for name, secret in (("wx", weixin.SECRET), ("events", weixin.EVENTS_TOKEN), ("ww", corporation.SECRET)):
        (folder / name).write_text(secret, encoding="utf-8")
    told: list[dict[str, Any]] = [
        {"name": "wechat", "kind": "wechat", "appid": weixin.APPID, "secret_file": folder / "wx", "base": wechat,
         "template_id": weixin.TEMPLATE, "data": {"thing1": "{what}"}, "events_token_file": folder / "events"},
        {"name": "wecom", "kind": "wecom", "corpid": corporation.CORPID, "agentid": corporation.AGENT,
         "secret_file": folder / "ww", "base": wecom, "binds": True},
        {"name": "sms", "kind": "webhook", "url": "http://127.0.0.1:9", "secret_file": folder / "ww"},
    ]  # fmt: skip
    made: list[ChannelSettings] = [settings_of(one) for one in told]
    return made


@dataclass
class Both:
    """A binder on a book; ``sms`` is the phone of everybody."""

    room: Room
    binder: Binder
    wechat: weixin.WeChat
    wecom: corporation.WeCom
    sms: Phone
    provider: StandIn

    def begin(self, person: Person = MA, by: By = By.WECHAT) -> Page:
        return self.binder.begin(person, by)

    def scan(self, page: Page, openid: str = OPENID) -> str:
        """Somebody scans the page with WeChat; returns the two digits they are shown, empty for none."""
        assert page.invitation is not None
        scene = self.wechat.scenes[page.invitation.scan]
        pair = pair_in(self.binder.scanned("wechat", scene, openid))
        self.binder.text(scene)
        return pair

    def come_back(self, page: Page, member: str = MEMBER) -> str | Answer:
        """Somebody opens the page's link with WeCom; returns the two digits, or why it was not taken."""
        assert page.invitation is not None
        query = parse_qs(urlsplit(page.invitation.link).query)
        self.wecom.codes["code-1"] = member
        account = self.binder.accounts.known["wecom"]
        assert isinstance(account, Application)
        told = account.member("code-1")
        if isinstance(told, Answer):
            return told
        pair = pair_in(self.binder.scanned("wecom", query["state"][0], told))
        self.binder.text(query["state"][0])
        return pair

    @property
    def digits(self) -> str:
        """The six digits of the last message."""
        return self.sms.letters[-1].code


@contextmanager
def both_on(book: Book, folder: Path) -> Iterator[Both]:
    """The binder of a small county's people, with both providers' stand-ins."""
    wechat, wecom, sms = weixin.WeChat(), corporation.WeCom(), Phone(TOOK, by=By.PHONE)
    with wechat.serving() as at_wechat, wecom.serving() as at_wecom:
        room = Room(book, small_county())
        known = accounts_of(settings(folder, at_wechat.base, at_wecom.base), BASE, room.world.now).known
        binder = Binder(book, room.world, Accounts(known, sms))
        yield Both(room, binder, wechat, wecom, sms, at_wechat)
        binder.accounts.close()


def pair_in(words: str) -> str:
    """The two digits in what whoever scanned reads."""
    found = re.search(r"配对数字是 (\d\d)", words)
    return found[1] if found else ""
