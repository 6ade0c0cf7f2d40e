"""Brings the receipts of the stand-in of Aliyun: late, early, twice, some of bad news, until it is thanked."""

from __future__ import annotations

import heapq
import json
import random
import threading
import time
from urllib.error import URLError
from urllib.request import Request, urlopen

from bench.provider_log import ProviderLog, Taken, Thanked
from tests.providers.aliyun_sms import Dysms, Sent

LATEST_S = 4.0
AT_ONCE, TWICE, LOST = 0.3, 0.3, 0.15  # shares: before the answer, doubled, "not delivered"
AGAIN_S = 2.0
THANKS = {"code": 0, "msg": "接收成功"}


def sent_of(taken: Taken) -> Sent:
    """A remembered letter, as the stand-in knows its own."""
    return Sent(taken.biz, taken.phone, "SMS_1", {}, taken.key, taken.at, taken.delivered)


class Bringer:
    """One thread that calls the county's door."""

    def __init__(self, log: ProviderLog, dysms: Dysms, url: str, dice: random.Random) -> None:
        """What was taken and not thanked for is brought again; what is taken from now on is heard of."""
        self._log = log
        self._dysms = dysms
        self._url = url
        self._dice = dice
        self._wake = threading.Condition()
        thanked = {one.key for one in log.thanks()}
        begun = [one for one in dysms.sent if one.out not in thanked]
        self._due = [(time.monotonic() + dice.uniform(0, LATEST_S), n, one) for n, one in enumerate(begun)]
        heapq.heapify(self._due)
        self._n = len(begun)
        dysms.on_taken = self._heard_of

    def run(self, over: threading.Event) -> None:
        """Bring what is due, until it is over."""
        while not over.is_set():
            with self._wake:
                wait = self._due[0][0] - time.monotonic() if self._due else 1.0
                if wait > 0:
                    self._wake.wait(min(wait, 1.0))
                    continue
                _, _, sent = heapq.heappop(self._due)
            self._bring(sent)

    def _heard_of(self, sent: Sent) -> None:
        """A letter was taken: its fate is drawn and written down, and its receipt is due soon, or now."""
        delivered = self._dice.random() >= LOST
        self._log.took(Taken("sms", sent.out, sent.values["code"], sent.at, "", sent.biz, sent.phone, delivered))
        known = Sent(sent.biz, sent.phone, sent.template, sent.values, sent.out, sent.at, delivered)
        wait = 0.0 if self._dice.random() < AT_ONCE else self._dice.uniform(0.2, LATEST_S)
        self._later(known, wait)

    def _later(self, sent: Sent, wait: float) -> None:
        with self._wake:
            self._n += 1
            heapq.heappush(self._due, (time.monotonic() + wait, self._n, sent))
            self._wake.notify()

    def _bring(self, sent: Sent) -> None:
        self._dysms.sent = [sent if one.biz == sent.biz else one for one in self._dysms.sent]
        for _ in range(2 if self._dice.random() < TWICE else 1):
            if not self._thanked(sent):
                self._later(sent, AGAIN_S)
                return
            self._log.thanked(Thanked(sent.out, sent.delivered is True))

    def _thanked(self, sent: Sent) -> bool:
        try:
            request = Request(self._url, data=self._dysms.report(sent), headers={"Content-Type": "application/json"})
            with urlopen(request, timeout=10) as answer:
                return bool(json.loads(answer.read()) == THANKS)
        except (URLError, OSError, ValueError):
            return False
