"""SMS by Aliyun (dysmsapi, version 2017-05-25): everything in the query, signed with ACS3-HMAC-SHA256.

``OutId`` carries the notice's id, so receipts name it and a letter that may have gone out can be asked for.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import Field, model_validator

from alerts.channels import Answer, Letter
from alerts.channels.aliyun_wire import NOTHING, authorization, canonical, detail, read, reported, rows_of
from alerts.channels.calling import Call, Said
from alerts.channels.catalog import secret_of
from alerts.channels.measures import Sketch
from alerts.channels.receipts import Question, Receipt, entries, kept
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

KIND = "aliyun_sms"
_PAGE: Final = 50
_PAGES: Final = 10  # of one phone on one day


class AliyunTemplate(SmsTemplate):
    """``variables``: the template's variable to the letter's part; every variable of the template must stand there."""

    variables: Mapping[str, Part] = {}

    @model_validator(mode="before")
    @classmethod
    def _shipped(cls, told: Any) -> Any:
        return with_shipped(told, lambda text: {part: part for part in text.parts})

    @property
    def names(self) -> Mapping[str, Part]:
        """As they stand in ``text``."""
        return self.variables


class Settings(SmsSettings):
    """The AccessKey (secret in ``secret_file``), the approved sign and templates."""

    access_key_id: str = Field(min_length=1)
    templates: tuple[AliyunTemplate, ...]
    base: str = "https://dysmsapi.aliyuncs.com"

    @model_validator(mode="after")
    def _sound(self) -> Settings:
        sound(self.templates, self.limit)
        return self

    def account(self) -> tuple[str, ...]:
        """Counted by the provider as one."""
        return (self.base, self.access_key_id)


def opened(settings: Settings, now: Callable[[], datetime]) -> AliyunSms:
    """The channel of these settings."""
    return AliyunSms(settings, secret_of(settings.secret_file), now)


class AliyunSms(Sms):
    """One account. Letters, receipts by callback (SmsReport) and by query (QuerySendDetails)."""

    thanks: Mapping[str, Any] = {"code": 0, "msg": "接收成功"}

    def __init__(self, settings: Settings, secret: str, now: Callable[[], datetime]) -> None:
        """Send with these settings; ``secret`` is the AccessKey's."""
        super().__init__(settings.base, secret, now)
        self._settings = settings

    def reads(self, body: bytes) -> list[Receipt]:
        """The receipts of an SmsReport."""
        return kept([reported(one) for one in entries(body)])

    def query(self, question: Question) -> list[Receipt] | Answer:
        """QuerySendDetails of a phone and a day (of the last 30), page by page. It tells no BizId."""
        found: list[Receipt] = []
        fixed = {"PhoneNumber": written(question.phone), "SendDate": f"{question.day:%Y%m%d}", "PageSize": str(_PAGE)}
        for page in range(1, _PAGES + 1):
            said = self._ask("QuerySendDetails", fixed | {"CurrentPage": str(page)})
            if isinstance(said, Answer):
                return said
            if said.get("Code") != "OK":
                return read(said)
            rows = rows_of(said)
            found += [one for one in map(detail, rows) if one and question.notice in ("", one.notice)]
            if len(rows) < _PAGE:
                break
        return found

    def _sent(self, letter: Letter, phone: str) -> Answer:
        said = self._ask("SendSms", query_of(letter, phone, self._settings))
        return said if isinstance(said, Answer) else read(said)

    def _ask(self, action: str, query: Mapping[str, str]) -> Said | Answer:
        headers = {
            "host": self._host, "x-acs-action": action, "x-acs-version": "2017-05-25",
            "x-acs-date": f"{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": secrets.token_hex(16), "x-acs-content-sha256": NOTHING,
        }  # fmt: skip
        headers["Authorization"] = authorization(query, headers, (self._settings.access_key_id, self._secret))
        return self._line.ask(Call("POST", f"/?{canonical(query)}", headers=headers))


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be sent."""
    template = template_for(settings.templates, letter)
    return sketched(settings, template, letter, query_of(letter, e164(letter.address), settings))


def query_of(letter: Letter, phone: str, settings: Settings) -> dict[str, str]:
    """The parameters of SendSms. ``DoesNotFit`` where a code is longer than a variable may be."""
    template = template_for(settings.templates, letter)
    values = {name: value(part, letter, settings) for name, part in template.variables.items()}
    return {
        "PhoneNumbers": written(phone), "SignName": settings.sign, "TemplateCode": template.id,
        "TemplateParam": json.dumps(values, ensure_ascii=False), "OutId": letter.id[:255],
    }  # fmt: skip


def written(phone: str) -> str:
    """A number in E.164 as Aliyun wants it: 11 digits of the mainland, else country and number without a plus."""
    return phone.removeprefix("+86") if phone.startswith("+86") else phone.removeprefix("+")
