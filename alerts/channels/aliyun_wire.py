"""What goes over the wire to and from Aliyun SMS: its signature, its error codes, its receipts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from alerts.channels import Answer, Result, Trouble
from alerts.channels.calling import Said
from alerts.channels.receipts import Receipt, moment
from alerts.channels.sms import Refusal, e164, refused

NOTHING: Final = hashlib.sha256(b"").hexdigest()  # every body is empty
_CLOCK = Refusal("服务器时钟不准,请校时", trouble=Trouble.CLOCK)
_KEY = Refusal("AccessKey不对或已停用", trouble=Trouble.CREDENTIALS)
_SIGN = Refusal("短信签名不可用,请到阿里云控制台查看", trouble=Trouble.SIGN)
_MONEY = Refusal("阿里云账户余额不足,请充值", trouble=Trouble.BALANCE)
REFUSALS: Mapping[str, Refusal] = {
    "InvalidTimeStamp": _CLOCK,
    "SignatureDoesNotMatch": _KEY, "IncompleteSignature": _KEY, "InvalidAccessKeyId": _KEY,
    "SignatureNonceUsed": Refusal("请求重复,稍后重试", again=True),
    "Throttling": Refusal("阿里云接口限流", wait_s=1), "ServiceUnavailable": Refusal("阿里云暂不可用", again=True),
    "isp.": Refusal("阿里云系统错误,稍后重试", again=True),
    "isp.RAM_PERMISSION_DENY": Refusal("AccessKey没有短信权限(AliyunDysmsFullAccess)", trouble=Trouble.RIGHT),
    "isv.BUSINESS_LIMIT_CONTROL": Refusal("这个号码近来收得太多,被流控,近期不能再发"),
    "isv.DAY_LIMIT_CONTROL": Refusal("今天的发送量到了控制台设的上限", trouble=Trouble.QUOTA),
    "isv.MONTH_LIMIT_CONTROL": Refusal("本月的发送量到了控制台设的上限", trouble=Trouble.QUOTA),
    "isv.OUT_OF_SERVICE": _MONEY, "isv.AMOUNT_NOT_ENOUGH": _MONEY,
    "isv.SMS_SIGN": _SIGN, "isv.SIGN": _SIGN,
    "isv.SMS_TEMPLATE": Refusal("短信模板不存在或没有通过审核", trouble=Trouble.TEMPLATE),
    "isv.TEMPLATE_MISSING_PARAMETERS": Refusal("模板变量没有给全,请对照模板检查variables", trouble=Trouble.TEMPLATE),
    "isv.TEMPLATE_PARAMS": Refusal("模板变量不合规范,请对照模板检查variables"),
    "isv.PARAM_LENGTH_LIMIT": Refusal("模板变量太长,请把limit改小"),
    "isv.PARAM_NOT_SUPPORT_URL": Refusal("模板变量里不能有网址"),
    "isv.MOBILE": Refusal("手机号不对"),
    "isv.DENY_IP_RANGE": Refusal("服务器的出口IP不在中国内地,被阿里云拒绝", trouble=Trouble.IP),
}  # fmt: skip
_MINUTE = Refusal("这个号码一分钟内已收过,被流控", wait_s=60)


def canonical(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted, everything but letters, digits and ``-_.~`` escaped."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def authorization(query: Mapping[str, str], headers: Mapping[str, str], key: tuple[str, str]) -> str:
    """The ACS3-HMAC-SHA256 header of a POST to ``/`` with these headers (small letters); ``key`` is id and secret."""
    names = sorted(headers)
    told = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    signed = ";".join(names)
    request = f"POST\n/\n{canonical(query)}\n{told}\n{signed}\n{headers['x-acs-content-sha256']}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key[1].encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"ACS3-HMAC-SHA256 Credential={key[0]},SignedHeaders={signed},Signature={signature}"


def read(said: Said) -> Answer:
    """What an answer means; errors come inside HTTP 200 as well."""
    code, message = str(said.get("Code") or ""), str(said.get("Message") or "")
    if code == "OK":
        return Answer(Result.ACCEPTED, str(said.get("BizId") or ""), "阿里云已受理")
    if not code:
        return Answer(Result.RETRY, words="阿里云的回答里没有Code", maybe_sent=True)
    if code == "isv.BUSINESS_LIMIT_CONTROL" and "分钟" in message:
        return refused(code, message, {code: _MINUTE})
    return refused(code, message, REFUSALS)


def rows_of(said: Said) -> list[Mapping[str, Any]]:
    """The details in an answer of QuerySendDetails."""
    outer = said.get("SmsSendDetailDTOs")
    rows = outer.get("SmsSendDetailDTO") if isinstance(outer, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def detail(row: Mapping[str, Any]) -> Receipt | None:
    """One of them; None where it is of no use. 1: waits for the carrier, 2: failed, 3: delivered."""
    states = {"1": None, "2": False, "3": True}
    state, phone = str(row.get("SendStatus")), _phone(row.get("PhoneNum"))
    if state not in states or not phone:
        return None
    code, notice = str(row.get("ErrCode") or "")[:60], str(row.get("OutId") or "")
    return Receipt("", phone, states[state], code, at=moment(row.get("ReceiveDate")), notice=notice)


def reported(told: Mapping[str, Any]) -> Receipt | None:
    """One entry of an SmsReport; None where it is of no use."""
    biz, phone, success = str(told.get("biz_id") or ""), _phone(told.get("phone_number")), told.get("success")
    if not biz or not phone or not isinstance(success, bool):
        return None
    code, words = str(told.get("err_code") or "")[:60], str(told.get("err_msg") or "")[:200]
    return Receipt(biz, phone, success, code, words, moment(told.get("report_time")), str(told.get("out_id") or ""))


def _phone(told: object) -> str:
    return e164(str(told)) or e164(f"+{told}")
