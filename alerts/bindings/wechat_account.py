"""The county's WeChat service account as people bind themselves to it: a code for each attempt, and its events.

https://developers.weixin.qq.com/doc/service/ (qrcode/create; 接收普通消息和事件, 明文模式). Whoever scans the code
follows the account by that, and WeChat tells us with which scene and openid.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from alerts.bindings.invitation import Invitation
from alerts.channels import Answer, By, Result
from alerts.channels.calling import Call, Line
from alerts.channels.catalog import secret_of
from alerts.channels.errcodes import refusal
from alerts.channels.tokens import holder, stable
from alerts.channels.wechat import MEANINGS, Settings

_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")


class ServiceAccount:
    """The account of one channel. ``token`` is what WeChat signs its events with."""

    by = By.WECHAT

    def __init__(self, settings: Settings, secret: str, token: str, now: Callable[[], datetime]) -> None:
        """The access token is shared with the channels of the account."""
        if not _TOKEN.fullmatch(token):
            raise ValueError("events_token_file needs 3 to 32 letters or digits, as the account's page says")
        self.token = token
        self._line = Line(settings.base)
        self._tokens = holder(settings.base, stable(settings.appid, secret), now)

    @classmethod
    def of(cls, settings: Settings, now: Callable[[], datetime]) -> ServiceAccount:
        """The account of these settings. ``ValueError`` or ``OSError`` says what is wrong with a secret."""
        assert settings.events_token_file is not None
        return cls(settings, secret_of(settings.secret_file), secret_of(settings.events_token_file), now)

    def invite(self, scene: str, lasts_s: int) -> Invitation | Answer:
        """A code that ends by itself; an ``Answer`` where WeChat gave none."""
        asks = {"expire_seconds": lasts_s, "action_name": "QR_STR_SCENE",
                "action_info": {"scene": {"scene_str": scene}}}  # fmt: skip
        said = self._tokens.ask(
            self._line, lambda token: Call("POST", "/cgi-bin/qrcode/create", params={"access_token": token}, json=asks)
        )
        if isinstance(said, Answer):
            return said
        url = said.get("url")
        if isinstance(url, str) and url.startswith(("http://weixin.qq.com/", "https://weixin.qq.com/")):
            return Invitation(url)
        return refusal(said, MEANINGS) or Answer(Result.FAILED, words="回答里没有二维码")

    def close(self) -> None:
        """Close the connection pool."""
        self._line.close()
