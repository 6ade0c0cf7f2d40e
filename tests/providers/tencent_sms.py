"""A stand-in of Tencent SMS: its gateway (key, clock, signature), SendSms with its limits, both ways to pull receipts.

Everything is HTTP 200, errors too. As with Tencent, receipts name a notice only where that was opened (``contexts``).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.providers.standin import Heard, Reply, said

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that was taken. ``delivered`` is None until the carrier has answered; ``pulled``: its receipt went."""

    serial: str
    phone: str
    template: str
    values: tuple[str, ...]
    context: str
    at: datetime
    delivered: bool | None = None
    pulled: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """A package of letters that was bought."""

    amount: int
    used: int
    begin: datetime
    end: datetime


class Refused(Exception):
    """An error code for the whole call."""


class PhoneRefused(Exception):
    """An error code for one phone of a call that was good."""


@dataclass
class Qcloud:
    """One account with one app; ``templates`` say how many variables each has. ``answer`` is for a ``StandIn``."""

    now: Callable[[], datetime]
    keys: dict[str, str] = field(default_factory=lambda: {"AKIDx": "geheim"})
    app: str = "1400006666"
    sign: str = "青峦县"
    templates: dict[str, int] = field(default_factory=dict)
    variable_limit: int = 12
    balance: int = 1000
    contexts: bool = True
    packages: list[Package] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    on_taken: Callable[[Sent], None] | None = None

    def answer(self, heard: Heard) -> Reply:
        acts = {
            "SendSms": self._send,
            "PullSmsSendStatus": self._pull,
            "PullSmsSendStatusByPhoneNumber": self._by_phone,
            "SmsPackagesStatistics": self._left,
        }
        try:
            self.gate(heard)
            act = acts.get(heard.headers["x-tc-action"])
            if act is None:
                raise Refused("InvalidAction")
            body = heard.json()
            if body.get("SmsSdkAppId") != self.app:
                raise Refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
            return said({"Response": act(body) | {"RequestId": "R-1"}})
        except Refused as refused:
            code = str(refused)
            return said({"Response": {"Error": {"Code": code, "Message": f"refused: {code}"}, "RequestId": "R-1"}})

    def carrier(self, delivered: bool) -> None:
        """The carrier answers for every letter that waits."""
        self.sent = [replace(one, delivered=delivered) if one.delivered is None else one for one in self.sent]

    def report(self, *sent: Sent) -> bytes:
        """The status callback of these letters."""
        return json.dumps([
            {
                "user_receive_time": f"{self.now().astimezone(CHINA):%Y-%m-%d %H:%M:%S}", "nationcode": "86",
                "mobile": one.phone.removeprefix("+86"), "report_status": "SUCCESS" if one.delivered else "FAIL",
                "errmsg": "DELIVRD" if one.delivered else "UNDELIV", "sid": one.serial,
                "description": "用户短信送达成功" if one.delivered else "空号",
            }
            for one in sent
        ]).encode()  # fmt: skip

    def gate(self, heard: Heard) -> None:
        """Whether the request may come in at all."""
        headers = heard.headers
        told = re.fullmatch(
            r"TC3-HMAC-SHA256 Credential=([^/]+)/([\d-]{10})/sms/tc3_request, "
            r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
            headers.get("authorization", ""),
        )
        if not told or not {"content-type", "host"} <= set(told[3].split(";")):
            raise Refused("AuthFailure.InvalidAuthorization")
        if told[1] not in self.keys:
            raise Refused("AuthFailure.SecretIdNotFound")
        at = datetime.fromtimestamp(int(headers["x-tc-timestamp"]), UTC)
        if abs(self.now() - at) > timedelta(minutes=5):
            raise Refused("AuthFailure.SignatureExpire")
        if told[2] != f"{at:%Y-%m-%d}" or signature(heard, told[3].split(";"), self.keys[told[1]]) != told[4]:
            raise Refused("AuthFailure.SignatureFailure")
        if headers["x-tc-version"] != "2021-01-11" or not headers.get("x-tc-region"):
            raise Refused("UnsupportedOperation")

    def _send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if not 1 <= len(body["PhoneNumberSet"]) <= 200:
            raise Refused("LimitExceeded.PhoneNumberCountLimit")
        if len(body.get("SessionContext", "").encode()) >= 512:
            raise Refused("InvalidParameterValue.ContentLengthLimit")
        return {"SendStatusSet": [self._one(phone, body) for phone in body["PhoneNumberSet"]]}

    def _one(self, phone: str, body: Mapping[str, Any]) -> dict[str, Any]:
        about = {"PhoneNumber": phone, "SessionContext": body.get("SessionContext", ""), "IsoCode": "CN"}
        try:
            self._check(phone, body)
        except PhoneRefused as refused:
            return about | {"SerialNo": "", "Fee": 0, "Code": str(refused), "Message": f"refused: {refused}"}
        serial = f"2019:{len(self.sent) + 1}"
        values = tuple(body["TemplateParamSet"])
        sent = Sent(serial, phone, body["TemplateId"], values, about["SessionContext"], self.now())
        self.sent.append(sent)
        if self.on_taken:
            self.on_taken(sent)
        return about | {"SerialNo": serial, "Fee": 1, "Code": "Ok", "Message": "send success"}

    def _check(self, phone: str, body: Mapping[str, Any]) -> None:
        if not phone.startswith("+86"):
            raise PhoneRefused("UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone")
        if not re.fullmatch(r"\+861[3-9]\d{9}", phone):
            raise PhoneRefused("InvalidParameterValue.IncorrectPhoneNumber")
        if body.get("SignName") != self.sign:
            raise PhoneRefused("FailedOperation.SignatureIncorrectOrUnapproved")
        if body["TemplateId"] not in self.templates:
            raise PhoneRefused("FailedOperation.TemplateUnapprovedOrNotExist")
        if len(body["TemplateParamSet"]) != self.templates[body["TemplateId"]]:
            raise PhoneRefused("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
        self._values(body["TemplateParamSet"])
        self._limits(phone, tuple(body["TemplateParamSet"]))

    def _values(self, values: list[str]) -> None:
        for value in values:
            if re.search(r"https?://|www\.|\w\.[a-z]{2}", value, re.IGNORECASE | re.ASCII):
                raise PhoneRefused("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter")
            if not 1 <= len(value) <= self.variable_limit:
                raise PhoneRefused("InvalidParameterValue.TemplateParameterLengthLimit")

    def _limits(self, phone: str, values: tuple[str, ...]) -> None:
        if self.balance <= len(self.sent):
            raise PhoneRefused("FailedOperation.InsufficientBalanceInSmsPackage")
        now = self.now()
        mine = [one for one in self.sent if one.phone == phone]
        if any(one.at > now - timedelta(seconds=30) and one.values == values for one in mine):
            raise PhoneRefused("LimitExceeded.PhoneNumberThirtySecondLimit")
        if sum(one.at > now - timedelta(hours=1) for one in mine) >= 30:
            raise PhoneRefused("LimitExceeded.PhoneNumberOneHourLimit")

    def _left(self, body: Mapping[str, Any]) -> dict[str, Any]:
        begin, end = (
            datetime.strptime(body[name], "%Y%m%d%H").replace(tzinfo=CHINA) for name in ("BeginTime", "EndTime")
        )
        if not begin < end < self.now() or not 1 <= body["Limit"] <= 500:
            raise Refused("InvalidParameterValue.BeginTimeVerifyFail")
        rows = [
            {
                "PackageAmount": one.amount, "CurrentUsage": one.used, "PackageId": n, "PackageType": 1,
                "PackageEffectiveTime": int(one.begin.timestamp()), "PackageExpiredTime": int(one.end.timestamp()),
                "PackageCreateTime": int(one.begin.timestamp()),
            }
            for n, one in enumerate(self.packages)
        ]  # fmt: skip
        return {"SmsPackagesStatisticsSet": rows[body["Offset"] : body["Offset"] + body["Limit"]]}

    def _pull(self, body: Mapping[str, Any]) -> dict[str, Any]:
        wait = [one for one in self.sent if one.delivered is not None and not one.pulled][: self._limit(body)]
        serials = {one.serial for one in wait}
        self.sent = [replace(one, pulled=True) if one.serial in serials else one for one in self.sent]
        return {"PullSmsSendStatusSet": [self._row(one) for one in wait]}

    def _by_phone(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body["EndTime"] > self.now().timestamp() + 1:
            raise Refused("InvalidParameterValue.EndTimeVerifyFail")
        if body["BeginTime"] < (self.now() - timedelta(days=8)).timestamp():
            raise Refused("InvalidParameterValue.BeginTimeVerifyFail")
        rows = [
            self._row(one)
            for one in self.sent
            if one.phone == body["PhoneNumber"] and one.delivered is not None
            if body["BeginTime"] <= one.at.timestamp() <= body["EndTime"]
        ]
        return {"PullSmsSendStatusSet": rows[: self._limit(body)]}

    def _limit(self, body: Mapping[str, Any]) -> int:
        limit = body["Limit"]
        if not isinstance(limit, int) or not 1 <= limit <= 100:
            raise Refused("InvalidParameterValue.LimitVerifyFail")
        return limit

    def _row(self, one: Sent) -> dict[str, Any]:
        return {
            "UserReceiveTime": int(one.at.timestamp()), "CountryCode": "86", "SerialNo": one.serial,
            "SubscriberNumber": one.phone.removeprefix("+86"), "PhoneNumber": one.phone,
            "ReportStatus": "SUCCESS" if one.delivered else "FAIL",
            "Description": "DELIVRD" if one.delivered else "空号",
            "SessionContext": one.context if self.contexts else "",
        }  # fmt: skip


def signature(heard: Heard, names: list[str], secret: str) -> str:
    """What the signature of a request must be, by its headers and body."""
    lines = [heard.method, heard.path, heard.raw_query, *(f"{name}:{heard.headers[name]}" for name in names)]
    lines += ["", ";".join(names), hashlib.sha256(heard.body).hexdigest()]
    at = heard.headers["x-tc-timestamp"]
    day = f"{datetime.fromtimestamp(int(at), UTC):%Y-%m-%d}"
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = b"TC3" + secret.encode()
    for part in (day, "sms", "tc3_request", f"TC3-HMAC-SHA256\n{at}\n{day}/sms/tc3_request\n{digest}"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()
