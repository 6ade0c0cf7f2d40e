"""The county's WeCom application as people bind themselves to it: a link that tells who opens it, and members by phone.

https://developer.work.weixin.qq.com/document/path/91022 (网页授权), /91023 (getuserinfo), /95402 (getuserid).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from alerts.bindings.invitation import Invitation
from alerts.channels import Answer, By, Result
from alerts.channels.calling import Call, Line
from alerts.channels.catalog import secret_of
from alerts.channels.errcodes import Meanings, failed, refusal, retry
from alerts.channels.tokens import corporate, holder
from alerts.channels.wecom import MEANINGS, Settings

_OF_ONE = (46004, 60011, 60103, 60111)  # what WeCom says of one phone or member, not of the application
AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"
_MEANINGS: Meanings = {
    **MEANINGS,
    40029: failed("扫码的凭据已经用过或过期,请重新扫码"),
    46004: failed("企业里没有用这个手机号的成员"),
    50001: failed("回调网址不在应用的可信域名里"),
    60011: failed("应用没有权限查这个成员,请把他加进应用的可见范围"),
    60111: failed("企业里没有这个成员,或不在应用的可见范围"),
    60103: failed("手机号不对"),
    45009: retry("查得太多,请过一会儿再导入", 60),
}


@dataclass(frozen=True, slots=True)
class NoMember:
    """That the corporation has nobody by this phone, or nobody whom the application sees; the words are Chinese."""

    words: str


class Application:
    """One application of the corporation."""

    by = By.WECOM

    def __init__(self, settings: Settings, secret: str, back: str, now: Callable[[], datetime]) -> None:
        """``back`` is our address to which WeCom leads who has opened the link."""
        self._settings = settings
        self._back = back
        self._line = Line(settings.base)
        self._tokens = holder(settings.base, corporate(settings.corpid, secret), now)

    @classmethod
    def of(cls, settings: Settings, base_url: str, now: Callable[[], datetime]) -> Application:
        """The application of these settings. ``ValueError`` or ``OSError`` says what is wrong with a secret."""
        back = f"{base_url.rstrip('/')}/api/v1/wecom/{settings.name}"
        return cls(settings, secret_of(settings.secret_file), back, now)

    def invite(self, scene: str, lasts_s: int) -> Invitation:
        """The link; scanned or opened inside WeCom it leads back to us with ``scene`` and who it was."""
        asks = {"appid": self._settings.corpid, "redirect_uri": self._back, "response_type": "code",
                "scope": "snsapi_base", "state": scene, "agentid": str(self._settings.agentid)}  # fmt: skip
        link = f"{AUTHORIZE}?{urlencode(asks)}#wechat_redirect"
        return Invitation(link, link)

    def member(self, code: str) -> str | Answer:
        """The userid of whoever came back with ``code``; an ``Answer`` where it is no member."""
        return self._asked(
            lambda token: Call("GET", "/cgi-bin/auth/getuserinfo", params={"access_token": token, "code": code}),
            "扫码的人不是本企业的成员",
        )

    def member_of(self, mobile: str) -> str | NoMember | Answer:
        """The userid of the member with this phone (11 digits); an ``Answer`` where asking for others is no use."""
        told = self._asked(
            lambda token: Call("POST", "/cgi-bin/user/getuserid", params={"access_token": token},
                               json={"mobile": mobile}),
            "回答里没有userid",
        )  # fmt: skip
        if isinstance(told, Answer) and any(f"错误码{number}:" in told.words for number in _OF_ONE):
            return NoMember(told.words)
        return told

    def close(self) -> None:
        """Close the connection pool."""
        self._line.close()

    def _asked(self, call: Callable[[str], Call], nobody: str) -> str | Answer:
        said = self._tokens.ask(self._line, call)
        if isinstance(said, Answer):
            return said
        refused = refusal(said, _MEANINGS)
        if refused is not None:
            return refused
        userid = said.get("userid", said.get("UserId"))
        if isinstance(userid, str) and 0 < len(userid) <= 64 and "|" not in userid and not userid.startswith("@"):
            return userid
        return Answer(Result.FAILED, words=nobody)
