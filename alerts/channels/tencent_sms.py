"""SMS by Tencent (version 2021-01-11): JSON signed with TC3-HMAC-SHA256, variables in the template's order.

``SessionContext`` carries the notice's id. Tencent gives it back in receipts only where that was opened for the app;
until then a letter that may have gone out cannot be asked for, and is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from pydantic import Field, model_validator

from alerts.channels import Answer, Letter
from alerts.channels.calling import Call
from alerts.channels.catalog import secret_of
from alerts.channels.measures import Sketch
from alerts.channels.receipts import BEIJING, Question, Receipt, entries, kept
from alerts.channels.sms import (
    Part,
    Sms,
    SmsSettings,
    SmsTemplate,
    e164,
    sketched,
    sound,
    template_for,
    value,
    with_shipped,
)
from alerts.channels.tencent_wire import CONTENT_TYPE, authorization, left_in, pulled, read, reported, response, rows_of

KIND = "tencent_sms"
_PAGE: Final = 100
_PAGES: Final = 50  # of one pull; the rest waits for the next
_MOST_PACKAGES: Final = 500  # a page
_PACKAGES: Final = 10  # pages
_BOUGHT: Final = timedelta(days=3 * 366)  # a package is valid for two years
_STATES = "PullSmsSendStatusSet"


class TencentTemplate(SmsTemplate):
    """``variables``: the letter's parts in the order of the template's {1}, {2}, …; as many as it has."""

    variables: tuple[Part, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _shipped(cls, told: Any) -> Any:
        return with_shipped(told, lambda text: text.parts, numbered=True)

    @property
    def names(self) -> Mapping[str, Part]:
        """As they stand in ``text``."""
        return {str(n): part for n, part in enumerate(self.variables, 1)}


class Settings(SmsSettings):
    """The API key (secret in ``secret_file``), the SMS app, the approved sign and templates.

    ``limit`` is what the console shows for the account: 12, or 6 for accounts of 2024 and later, which takes no code.
    """

    secret_id: str = Field(min_length=1)
    sdk_app_id: str = Field(pattern=r"^\d{6,20}$")
    templates: tuple[TencentTemplate, ...]
    limit: int = Field(default=12, ge=2, le=500)
    region: str = "ap-guangzhou"
    base: str = "https://sms.tencentcloudapi.com"
    low_water: int = Field(default=0, ge=0, le=10_000_000)  # letters left in the packages; 0: never asked

    @model_validator(mode="after")
    def _sound(self) -> Settings:
        sound(self.templates, self.limit)
        return self

    def account(self) -> tuple[str, ...]:
        """Counted by the provider as one."""
        return (self.base, self.secret_id, self.sdk_app_id)


def opened(settings: Settings, now: Callable[[], datetime]) -> TencentSms:
    """The channel of these settings."""
    return TencentSms(settings, secret_of(settings.secret_file), now)


class TencentSms(Sms):
    """One app. Letters, receipts by callback, by query of a phone, and by pulling all that wait."""

    thanks: Mapping[str, Any] = {"result": 0, "errmsg": "OK"}

    def __init__(self, settings: Settings, secret: str, now: Callable[[], datetime]) -> None:
        """Send with these settings; ``secret`` is the SecretKey."""
        super().__init__(settings.base, secret, now)
        self._settings = settings

    def reads(self, body: bytes) -> list[Receipt]:
        """The receipts of a status callback."""
        return kept([reported(one) for one in entries(body)])

    def query(self, question: Question) -> list[Receipt] | Answer:
        """PullSmsSendStatusByPhoneNumber of one day (of the last 7): only letters whose receipt has come."""
        begin = datetime.combine(question.day, time(), BEIJING)
        end = min(begin + timedelta(days=1), self._now())
        found = self._pulled("PullSmsSendStatusByPhoneNumber", {
            "PhoneNumber": question.phone, "BeginTime": int(begin.timestamp()),
            "EndTime": int(end.timestamp()), "Offset": 0,
        })  # fmt: skip
        if isinstance(found, Answer):
            return found
        return [one for one in found[0] if question.notice in ("", one.notice)]

    def pull(self) -> list[Receipt] | Answer:
        """All receipts that wait for this app. A break after the first page gives what came, for it is gone there."""
        found: list[Receipt] = []
        for _ in range(_PAGES):
            page = self._pulled("PullSmsSendStatus", {})
            if isinstance(page, Answer):
                return found or page
            found += page[0]
            if page[1] < _PAGE:
                break
        return found

    def remains(self) -> int | Answer:
        """SmsPackagesStatistics: how many letters are left in the packages that are valid now."""
        now = self._now().astimezone(BEIJING)
        left = 0
        for page in range(_PACKAGES):
            told = self._line.ask(self._call("SmsPackagesStatistics", {
                "SmsSdkAppId": self._settings.sdk_app_id, "Limit": _MOST_PACKAGES, "Offset": page * _MOST_PACKAGES,
                "BeginTime": f"{now - _BOUGHT:%Y%m%d%H}", "EndTime": f"{now - timedelta(hours=1):%Y%m%d%H}",
            }))  # fmt: skip
            inside = told if isinstance(told, Answer) else response(told)
            if isinstance(inside, Answer):
                return inside
            rows = rows_of(inside, "SmsPackagesStatisticsSet")
            left += sum(left_in(row, now) for row in rows)
            if len(rows) < _MOST_PACKAGES:
                break
        return left

    def _sent(self, letter: Letter, phone: str) -> Answer:
        said = self._line.ask(self._call("SendSms", body_of(letter, phone, self._settings)))
        return said if isinstance(said, Answer) else read(said)

    def _pulled(self, action: str, body: Mapping[str, Any]) -> tuple[list[Receipt], int] | Answer:
        """The receipts of one page, and how many rows it had."""
        app = {"SmsSdkAppId": self._settings.sdk_app_id, "Limit": _PAGE}
        said = self._line.ask(self._call(action, {**body, **app}))
        inside = said if isinstance(said, Answer) else response(said)
        if isinstance(inside, Answer):
            return inside
        rows = rows_of(inside, _STATES)
        return [one for one in map(pulled, rows) if one], len(rows)

    def _call(self, action: str, body: Mapping[str, Any]) -> Call:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        at = int(self._now().timestamp())
        return Call("POST", "/", content=content, headers={
            "Content-Type": CONTENT_TYPE, "X-TC-Action": action, "X-TC-Version": "2021-01-11",
            "X-TC-Region": self._settings.region, "X-TC-Timestamp": str(at),
            "Authorization": authorization(content, self._host, at, (self._settings.secret_id, self._secret)),
        })  # fmt: skip


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be sent."""
    template = template_for(settings.templates, letter)
    return sketched(settings, template, letter, body_of(letter, e164(letter.address), settings))


def body_of(letter: Letter, phone: str, settings: Settings) -> dict[str, Any]:
    """The parameters of SendSms. ``DoesNotFit`` where a code is longer than a variable may be."""
    template = template_for(settings.templates, letter)
    return {
        "PhoneNumberSet": [phone], "SmsSdkAppId": settings.sdk_app_id, "SignName": settings.sign,
        "TemplateId": template.id, "TemplateParamSet": [value(part, letter, settings) for part in template.variables],
        "SessionContext": letter.id[:500],
    }  # fmt: skip
