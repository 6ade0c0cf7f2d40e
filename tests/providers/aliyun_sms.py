"""A stand-in of Aliyun SMS: its gateway (key, clock, nonce, signature), SendSms with its limits, QuerySendDetails.

Where the manual leaves something open it is stricter than Aliyun may be: emoji and line breaks are refused.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from tests.providers.standin import Heard, Reply, said

CHINA = timezone(timedelta(hours=8))
SIGNED = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that was taken. ``delivered`` is None until the carrier has answered."""

    biz: str
    phone: str
    template: str
    values: Mapping[str, str]
    out: str
    at: datetime
    delivered: bool | None = None


class Refused(Exception):
    """An error code with its HTTP status."""

    def __init__(self, code: str, message: str = "", status: int = 200) -> None:
        super().__init__(code)
        self.reply = said({"Code": code, "Message": message or code, "RequestId": "R-1"}, status)


@dataclass
class Dysms:
    """One account: ``templates`` are the variables of each; ``answer`` is what a ``StandIn`` takes."""

    now: Callable[[], datetime]
    keys: dict[str, str] = field(default_factory=lambda: {"LTAI5t": "geheim"})
    sign: str = "青峦县"
    templates: dict[str, frozenset[str]] = field(default_factory=dict)
    variable_limit: int = 35
    balance: int = 1000
    day_limit: int = 500
    sent: list[Sent] = field(default_factory=list)
    on_taken: Callable[[Sent], None] | None = None
    _nonces: set[str] = field(default_factory=set)

    def answer(self, heard: Heard) -> Reply:
        try:
            self.gate(heard)
            acts = {"SendSms": self._send, "QuerySendDetails": self._details}
            act = acts.get(heard.headers["x-acs-action"])
            if act is None:
                raise Refused("InvalidAction.NotFound", status=404)
            return said({"Code": "OK", "Message": "OK", "RequestId": "R-1"} | act(heard.query))
        except Refused as refused:
            return refused.reply

    def carrier(self, delivered: bool) -> None:
        """The carrier answers for every letter that waits."""
        self.sent = [replace(one, delivered=delivered) if one.delivered is None else one for one in self.sent]

    def report(self, *sent: Sent) -> bytes:
        """The SmsReport of these letters."""
        return json.dumps([
            {
                "phone_number": one.phone, "send_time": clock(one.at), "report_time": clock(self.now()),
                "success": one.delivered is True, "err_code": "DELIVERED" if one.delivered else "MK:0001",
                "err_msg": "用户接收成功" if one.delivered else "空号", "sms_size": "1",
                "biz_id": one.biz, "out_id": one.out,
            }
            for one in sent
        ]).encode()  # fmt: skip

    def gate(self, heard: Heard) -> None:
        """Whether the request may come in at all."""
        headers = heard.headers
        for name in (*SIGNED, "authorization"):
            if name not in headers:
                raise Refused("MissingParameter", f"{name} is mandatory", 400)
        told = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
            headers["authorization"],
        )
        if not told or not set(told[2].split(";")) >= SIGNED:
            raise Refused("IncompleteSignature", status=400)
        if told[1] not in self.keys:
            raise Refused("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        self._fresh(headers)
        if signature(heard, told[2].split(";"), self.keys[told[1]]) != told[3]:
            raise Refused("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)
        if headers["x-acs-version"] != "2017-05-25":
            raise Refused("InvalidVersion", status=400)

    def _fresh(self, headers: Mapping[str, str]) -> None:
        at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(self.now() - at) > timedelta(minutes=15):
            raise Refused("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400)
        if headers["x-acs-signature-nonce"] in self._nonces:
            raise Refused("SignatureNonceUsed", status=400)
        self._nonces.add(headers["x-acs-signature-nonce"])

    def _send(self, query: Mapping[str, str]) -> dict[str, Any]:
        phone, template = query.get("PhoneNumbers", ""), query.get("TemplateCode", "")
        if not re.fullmatch(r"1[3-9]\d{9}", phone):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", f"{phone}invalid mobile number")
        if query.get("SignName") != self.sign:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "账号下找不到对应签名")
        if template not in self.templates:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
        if len(query.get("OutId", "")) > 255:
            raise Refused("isv.INVALID_PARAMETERS", "OutId")
        values = self._values(query.get("TemplateParam", ""), self.templates[template])
        self._limits(phone, template)
        sent = Sent(f"{len(self.sent) + 1}^0", phone, template, values, query.get("OutId", ""), self.now())
        self.sent.append(sent)
        if self.on_taken:
            self.on_taken(sent)
        return {"BizId": sent.biz}

    def _values(self, text: str, wanted: frozenset[str]) -> dict[str, str]:
        try:
            values = json.loads(text)
        except ValueError:
            raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误,不是合法的JSON格式") from None
        if not isinstance(values, dict) or not wanted <= values.keys():
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", "模板变量缺少对应参数值")
        for value in values.values():
            if not isinstance(value, str) or any(unicodedata.category(char) in ("Cc", "So", "Cf") for char in value):
                raise Refused("isv.TEMPLATE_PARAMS_ILLEGAL", "模板变量里包含非法字符")
            if not 1 <= len(value) <= self.variable_limit:
                raise Refused("isv.PARAM_LENGTH_LIMIT", "参数超过长度限制")
            if re.search(r"https?://|www\.|\w\.[a-z]{2}", value, re.IGNORECASE | re.ASCII):
                raise Refused("isv.PARAM_NOT_SUPPORT_URL", "变量不支持传入URL")
        return values

    def _limits(self, phone: str, template: str) -> None:
        if self.balance <= len(self.sent):
            raise Refused("isv.OUT_OF_SERVICE", "业务停机")
        now = self.now()
        if sum(one.at > now - timedelta(days=1) for one in self.sent) >= self.day_limit:
            raise Refused("isv.DAY_LIMIT_CONTROL", "触发日发送限额")
        same = [one for one in self.sent if (one.phone, one.template) == (phone, template)]
        if sum(one.at > now - timedelta(days=1) for one in same) >= 50:
            raise Refused("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:50")

    def _details(self, query: Mapping[str, str]) -> dict[str, Any]:
        size, page = int(query.get("PageSize", "0")), int(query.get("CurrentPage", "0"))
        if not 1 <= size <= 50 or page < 1:
            raise Refused("isv.INVALID_PARAMETERS", "PageSize")
        day = datetime.strptime(query["SendDate"], "%Y%m%d").replace(tzinfo=CHINA)
        if self.now() - day > timedelta(days=31):
            raise Refused("isv.INVALID_PARAMETERS", "SendDate")
        all_of = [
            one for one in self.sent if one.phone == query["PhoneNumber"] and clock(one.at)[:10] == f"{day:%Y-%m-%d}"
        ]
        rows = [
            {
                "PhoneNum": one.phone, "SendStatus": {None: 1, False: 2, True: 3}[one.delivered], "OutId": one.out,
                "ErrCode": {None: "", False: "MK:0001", True: "DELIVERED"}[one.delivered], "TemplateCode": one.template,
                "SendDate": clock(one.at), "ReceiveDate": clock(one.at), "Content": "…",
            }
            for one in all_of[(page - 1) * size : page * size]
        ]  # fmt: skip
        return {"TotalCount": str(len(all_of)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}


def clock(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def signature(heard: Heard, names: list[str], secret: str) -> str:
    """What the signature of a request must be, by its query, headers and body."""
    query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(heard.query.items()))
    lines = [heard.method, heard.path, query]
    lines += [f"{name}:{heard.headers[name].strip()}" for name in names]
    lines += ["", ";".join(names), hashlib.sha256(heard.body).hexdigest()]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return hmac.new(secret.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), hashlib.sha256).hexdigest()
