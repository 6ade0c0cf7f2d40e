"""``python -m bench.providers KIND``: providers of a chaos run, a process of their own that fails and is killed.

``carriers`` are Aliyun SMS, a call centre and a webhook; ``messengers`` WeChat, WeCom and its group robot. They are the
stand-ins of ``tests/providers``, which check what the real ones check; here they also remember on disk what they took,
bring receipts, and fail at random: slow, 5xx, cut or garbled answers, limits, tokens that end before their time.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.provider_log import ProviderLog, Taken, now
from bench.receipt_bringer import Bringer, sent_of
from tests.providers import hooks
from tests.providers.aliyun_sms import Dysms
from tests.providers.standin import Answering, Heard, Play, Reply, StandIn, down, garbled, half_closed, said, says
from tests.providers.wechat import WeChat
from tests.providers.wecom import WeCom

SPOILED = 0.2  # the share of calls in which something goes wrong
SLOW_S = (0.5, 3.0)
WINDOW_S = 60.0  # after which WeCom counts anew
TEMPLATE, PARTS = "SMS_1", frozenset({"person", "what", "place", "code"})
_CODE = re.compile(r"/t/([0-9a-z]+)")
LIMITS: Mapping[str, Mapping[str, Any]] = {
    "sms": {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发分钟级流控Permits:1"},
    "wechat": {"errcode": 45009, "errmsg": "reach max api daily quota limit"},
    "wecom": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "robot": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "voice": {"accepted": False, "words": "线路占满", "retry_s": 2},
    "gate": {},
}


class Carriers:
    """Aliyun SMS, and what a county runs itself behind a signed hook; ``/voice`` takes calls, ``/gate`` anything."""

    def __init__(self, log: ProviderLog) -> None:
        """Go on with what the log holds."""
        self.log = log
        self.dysms = Dysms(now, templates={TEMPLATE: PARTS}, balance=10**9, day_limit=10**9)
        taken = log.taken()
        self.dysms.sent = [sent_of(one) for one in taken if one.provider == "sms"]
        self._keys = {(one.provider, one.key) for one in taken}

    def who(self, heard: Heard) -> str:
        """Whom a call is for."""
        return {"/voice": "voice", "/gate": "gate"}.get(heard.path, "sms")

    def answer(self, heard: Heard) -> Reply:
        """As the provider would, what it took being on disk."""
        who = self.who(heard)
        return self.dysms.answer(heard) if who == "sms" else self._hook(who, heard)

    def end_token(self) -> None:
        """There is none."""

    def _hook(self, who: str, heard: Heard) -> Reply:
        doing = hooks.call_centre if who == "voice" else _nothing_wrong
        reply = hooks.signed(doing, now().timestamp())(heard)
        if reply.status >= 300:
            return reply
        body = heard.json()
        if who == "voice" and (who, body["id"]) in self._keys:
            return said({"accepted": True, "id": f"job-{body['id']}", "words": "此前已受理"})
        self._keys.add((who, body["id"]))
        self.log.took(Taken(who, body["id"], body.get("code", ""), now(), body["text"]))
        return reply


class Messengers:
    """WeChat and WeCom at one address; their paths differ."""

    def __init__(self, log: ProviderLog) -> None:
        """Go on with what the log holds; tokens are gone, as after a provider's own accident."""
        self.log = log
        self.wechat, self.wecom = WeChat(), WeCom()
        self.wechat.followers, self.wecom.members = Followers(), Members()
        keys = [one.key for one in log.taken() if one.provider == "wechat"]
        self._ids = dict.fromkeys(keys)
        self._window = now()

    def who(self, heard: Heard) -> str:
        """Whom a call is for."""
        if heard.path == "/cgi-bin/webhook/send":
            return "robot"
        return "wecom" if heard.path in ("/cgi-bin/gettoken", "/cgi-bin/message/send") else "wechat"

    def answer(self, heard: Heard) -> Reply:
        """As the provider would, what it took being on disk."""
        self._count_anew()
        if heard.path == "/cgi-bin/message/template/send" and (again := self._known(heard)):
            return again
        before = self._counts()
        reply = (self.wechat if self.who(heard) == "wechat" else self.wecom).answer(heard)
        self._keep(before, heard)
        return reply

    def end_token(self) -> None:
        """Both tokens end before their time."""
        self.wechat.end_token()
        self.wecom.valid = ""

    def _known(self, heard: Heard) -> Reply | None:
        """WeChat drops what it was given before under the same id, also before it was killed."""
        good = heard.query.get("access_token") == self.wechat.valid != ""
        return (
            said({"errcode": 0, "errmsg": "ok", "msgid": 1})
            if good and heard.json()["client_msg_id"] in self._ids
            else None
        )

    def _counts(self) -> tuple[int, int, int]:
        return len(self.wechat.sent), len(self.wecom.sent), len(self.wecom.robot_sent)

    def _keep(self, before: tuple[int, int, int], heard: Heard) -> None:
        for who, old, new in zip(("wechat", "wecom", "robot"), before, self._counts(), strict=True):
            if new > old:
                body = heard.json()
                key = str(body.get("client_msg_id", ""))
                text = str(body.get("text", {}).get("content", ""))
                code = _CODE.search(body.get("url", "") or text)
                self._ids[key] = None
                self.log.took(Taken(who, key, code[1] if code else "", now(), text))

    def _count_anew(self) -> None:
        if (now() - self._window).total_seconds() >= WINDOW_S:
            self._window = now()
            self.wecom.robot_sent.clear()
            self.wecom.heard_by.clear()
            self.wecom.sent.clear()


class Followers(set[str]):
    """Who follows the service account: all but every fifth."""

    def __contains__(self, openid: object) -> bool:
        return sum(str(openid).encode()) % 5 != 0


class Members(set[str]):
    """Who is a member of the corporation: everybody."""

    def __contains__(self, _member: object) -> bool:
        return True

    def __len__(self) -> int:
        return 1


class Failing(StandIn):
    """Spoils every fifth call in some way."""

    def __init__(self, crew: Carriers | Messengers, dice: random.Random, port: int) -> None:
        """Serve a crew of providers at a port."""
        super().__init__(crew.answer, port)
        self._crew = crew
        self._dice = dice

    def reply_to(self, heard: Heard) -> Reply:
        """The reply to one request, good or not."""
        self.plays = [self._play(heard)] if self._dice.random() < SPOILED else []
        self.heard.clear()
        return super().reply_to(heard)

    def _play(self, heard: Heard) -> Play:
        def expired(one: Heard, answering: Answering) -> Reply:
            self._crew.end_token()
            return answering(one)

        limit = LIMITS[self._crew.who(heard)]
        limited = says(limit) if limit else down(429)
        return self._dice.choice([
            self.slow(self._dice.uniform(*SLOW_S)), down(), half_closed, garbled, limited, expired,
        ])  # fmt: skip


def _nothing_wrong(_body: Mapping[str, Any]) -> str:
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="python -m bench.providers", description="Stand-in providers that fail")
    parser.add_argument("kind", choices=("carriers", "messengers"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True, help="what is remembered over a kill")
    parser.add_argument("--receipts", default="", help="where the county takes receipts")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    dice, log = random.Random(given.seed), ProviderLog(given.log)
    crew = Carriers(log) if given.kind == "carriers" else Messengers(log)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    with Failing(crew, dice, given.port):
        print("providers: ready", flush=True)
        if isinstance(crew, Carriers):
            Bringer(log, crew.dysms, given.receipts, dice).run(over)
        over.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
