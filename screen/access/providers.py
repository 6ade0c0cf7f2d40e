"""Who else may say who somebody is: an OpenID provider, and the county's WeCom. Addresses come from settings only.

A provider names an identity; whose account it is, people.csv says. What a provider answers is never trusted further
than its signature (OpenID), or than the line to it (WeCom).
"""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from alerts.channels import Answer
from alerts.channels.calling import Call, Line
from alerts.channels.tokens import corporate, holder
from county.snapshot import County
from screen.access.attempts import Attempt
from screen.access.id_token import BadToken, UnknownKey, Wanted, claims_of
from screen.settings import LoginRules, OidcSettings, WecomSettings

log = logging.getLogger(__name__)
WECOM_SCAN = "https://login.work.weixin.qq.com/wwlogin/sso/login"
WECOM_INSIDE = "https://open.weixin.qq.com/connect/oauth2/authorize"


class Away(RuntimeError):
    """The provider cannot be reached or answers nonsense; the text is for the log."""


class Refused(RuntimeError):
    """The provider says no, or what it says proves nothing; the text is for the log."""


class Provider(Protocol):
    """One other way in."""

    def leave(self, attempt: Attempt, back: str, agent: str) -> str:
        """Where the browser is sent; it comes back to ``back``."""

    def who(self, code: str, attempt: Attempt, back: str) -> str:
        """The identity behind a code; ``Away`` or ``Refused``."""

    def person(self, identity: str, county: County) -> str | None:
        """Whose identity that is, by people.csv: a person's id, None for nobody's or more than one's."""

    def close(self) -> None:
        """Close the line."""


def providers(rules: LoginRules, now: Callable[[], datetime]) -> dict[str, Provider]:
    """The other ways in of these settings."""
    known: dict[str, Provider] = {}
    if rules.oidc is not None:
        known["oidc"] = Oidc(rules.oidc, now)
    if rules.wecom is not None:
        known["wecom"] = Wecom(rules.wecom, now)
    return known


class Oidc:
    """Authorization code with PKCE; the provider's document and keys are read when first needed."""

    def __init__(self, settings: OidcSettings, now: Callable[[], datetime]) -> None:
        """``ValueError`` where the issuer is no address."""
        self._settings, self._now = settings, now
        self._line = Line(settings.issuer.rstrip("/"))
        self._lock = threading.Lock()
        self._told: Mapping[str, Any] | None = None
        self._keys: Mapping[str, Any] | None = None

    def leave(self, attempt: Attempt, back: str, agent: str) -> str:
        asks = {
            "response_type": "code", "client_id": self._settings.client_id, "redirect_uri": back,
            "scope": self._settings.scope, "state": attempt.state, "nonce": attempt.nonce,
            "code_challenge": attempt.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        there = self._address("authorization_endpoint")
        return f"{there}{'&' if urlsplit(there).query else '?'}{urlencode(asks)}"

    def who(self, code: str, attempt: Attempt, back: str) -> str:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back,
            "client_id": self._settings.client_id, "code_verifier": attempt.verifier,
        }  # fmt: skip
        said = self._ask("POST", self._address("token_endpoint"), form)
        token = said.get("id_token")
        if not isinstance(token, str):
            raise Refused(f"no id token: {str(said.get('error'))[:80]}")
        claim = self._claims(token, attempt).get(self._settings.claim)
        if not isinstance(claim, str) or not claim:
            raise Refused(f"the token has no claim {self._settings.claim!r}")
        return claim

    def person(self, identity: str, county: County) -> str | None:
        return named(county, self._settings.column, identity)

    def close(self) -> None:
        self._line.close()

    def _claims(self, token: str, attempt: Attempt) -> Mapping[str, Any]:
        wanted = Wanted(self._settings.issuer, self._settings.client_id, attempt.nonce)
        try:
            try:
                return self._checked(token, wanted)
            except UnknownKey:  # it has changed its keys: read them anew, once
                self._keys = None
                return self._checked(token, wanted)
        except BadToken as fault:
            raise Refused(str(fault)) from fault

    def _checked(self, token: str, wanted: Wanted) -> Mapping[str, Any]:
        with self._lock:
            if self._keys is None:
                self._keys = self._ask("GET", self._address("jwks_uri"))
            keys = self._keys
        told = claims_of(token, keys, wanted, self._now())
        if told.get("email_verified") is False and self._settings.claim == "email":
            raise BadToken("the address was not verified by the provider")
        return told

    def _address(self, name: str) -> str:
        """One address of the provider's own document, which must be its own."""
        if self._told is None:
            told = self._ask("GET", f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != self._settings.issuer:
                raise Refused("the document is another issuer's")
            self._told = told
        there = self._told.get(name)
        if not isinstance(there, str) or not there.startswith(("https://", *self._plain())):
            raise Refused(f"{name} is no address with https")
        return there

    def _plain(self) -> tuple[str, ...]:
        """Where the issuer itself is reached without TLS (a closed network, a test), its own addresses may be too."""
        here = urlsplit(self._settings.issuer)
        return (f"http://{here.netloc}/",) if here.scheme == "http" else ()

    def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        headers, content = {"Accept": "application/json"}, None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            if self._settings.secret:
                pair = f"{quote(self._settings.client_id, safe='')}:{quote(self._settings.secret, safe='')}"
                headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
            content = urlencode(form).encode()
        said = self._line.ask(Call(method, url, headers=headers, content=content))
        if isinstance(said, Answer):
            raise Away(f"{said.words}")
        return said


class Wecom:
    """The county's WeCom application: a code to scan in a browser, straight through inside WeCom."""

    def __init__(self, settings: WecomSettings, now: Callable[[], datetime]) -> None:
        """``ValueError`` where the base is no address."""
        self._settings = settings
        self._line = Line(settings.base)
        self._tokens = holder(settings.base, corporate(settings.corpid, settings.secret), now)

    def leave(self, attempt: Attempt, back: str, agent: str) -> str:
        told = {"appid": self._settings.corpid, "redirect_uri": back, "state": attempt.state}
        if "wxwork" in agent.lower():
            inside = told | {"response_type": "code", "scope": "snsapi_base", "agentid": str(self._settings.agentid)}
            return f"{WECOM_INSIDE}?{urlencode(inside)}#wechat_redirect"
        return f"{WECOM_SCAN}?{urlencode(told | {'login_type': 'CorpApp', 'agentid': str(self._settings.agentid)})}"

    def who(self, code: str, attempt: Attempt, back: str) -> str:
        said = self._tokens.ask(
            self._line,
            lambda token: Call("GET", "/cgi-bin/auth/getuserinfo", params={"access_token": token, "code": code}),
        )
        if isinstance(said, Answer):
            raise Away(said.words)
        userid = said.get("userid")
        if said.get("errcode") != 0 or not isinstance(userid, str) or not userid:
            raise Refused(f"errcode {str(said.get('errcode'))[:20]}, or no member of the corporation")
        return userid

    def person(self, identity: str, county: County) -> str | None:
        return named(county, "wecom", identity)

    def close(self) -> None:
        self._line.close()


def named(county: County, column: str, identity: str) -> str | None:
    """Whose this is by a column of people.csv; letters of either case, for e-mail and WeCom. Never two people's."""
    if column == "id":
        return identity if identity in county.people else None
    wanted = identity.casefold()
    found = [one.id for one in county.people.values() if wanted and str(getattr(one, column)).casefold() == wanted]
    return found[0] if len(found) == 1 else None
