"""What goes over the wire to and from Tencent SMS: its signature, its error codes, its receipts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from alerts.channels import Answer, Result, Trouble
from alerts.channels.calling import Said
from alerts.channels.receipts import Receipt, moment
from alerts.channels.sms import Refusal, e164, refused

CONTENT_TYPE = "application/json"
_CLOCK = Refusal("服务器时钟不准,请校时", trouble=Trouble.CLOCK)
_KEY = Refusal("SecretId或SecretKey不对或已停用", trouble=Trouble.CREDENTIALS)
_SIGN = Refusal("短信签名不存在或没有通过审核", trouble=Trouble.SIGN)
_TEMPLATE = Refusal("短信模板不存在、没有通过审核或变量个数不对", trouble=Trouble.TEMPLATE)
_MONEY = Refusal("腾讯云短信余额不足或欠费,请充值", trouble=Trouble.BALANCE)
_SYSTEM = Refusal("腾讯云系统错误,稍后重试", again=True)
REFUSALS: Mapping[str, Refusal] = {
    "AuthFailure": _KEY, "AuthFailure.SignatureExpire": _CLOCK,
    "AuthFailure.UnauthorizedOperation": Refusal("密钥没有短信权限(QcloudSMSFullAccess)", trouble=Trouble.RIGHT),
    "InternalError": _SYSTEM,
    "InternalError.RequestTimeException": _CLOCK,
    "InternalError.SigVerificationFail": _KEY, "InternalError.SigFieldMissing": _KEY,
    "InternalError.RestApiInterfaceNotExist": Refusal("没有这个接口,请检查base"),
    "RequestLimitExceeded": Refusal("腾讯云接口限流", wait_s=1),
    "ResourceUnavailable": _SYSTEM, "ServiceUnavailable": _SYSTEM,
    "LimitExceeded": Refusal("发送量到了控制台设的上限,近期不能再发", trouble=Trouble.QUOTA),
    "LimitExceeded.DeliveryFrequencyLimit": Refusal("命中发送频率限制", wait_s=60),
    "LimitExceeded.PhoneNumberThirtySecondLimit": Refusal("这个号码30秒内已收过", wait_s=30),
    "LimitExceeded.PhoneNumberOneHourLimit": Refusal("这个号码一小时内收得太多,被限制"),
    "LimitExceeded.PhoneNumberDailyLimit": Refusal("这个号码今天收得太多,被限制"),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Refusal("同样的内容今天给这个号码发得太多,被限制"),
    "FailedOperation.InsufficientBalanceInSmsPackage": _MONEY,
    "UnauthorizedOperation.ServiceSuspendDueToArrears": _MONEY,
    "FailedOperation.SignatureIncorrectOrUnapproved": _SIGN, "FailedOperation.MissingSignature": _SIGN,
    "FailedOperation.Template": _TEMPLATE, "FailedOperation.MissingTemplate": _TEMPLATE,
    "FailedOperation.PhoneNumberInBlacklist": Refusal("这个号码退订了短信或在免打扰名单里"),
    "FailedOperation.ContainSensitiveWord": Refusal("短信内容含敏感词"),
    "InvalidParameterValue.IncorrectPhoneNumber": Refusal("手机号不对"),
    "InvalidParameterValue.TemplateParameterLengthLimit": Refusal("模板变量太长,请把limit改成控制台显示的字数"),
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": Refusal("模板变量里不能有网址"),
    "InvalidParameterValue.SdkAppIdNotExist": Refusal("SmsSdkAppId不对", trouble=Trouble.CREDENTIALS),
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail": Refusal("SmsSdkAppId不属于这个账号", trouble=Trouble.CREDENTIALS),
    "UnauthorizedOperation.RequestIpNotInWhitelist": Refusal("服务器IP不在腾讯云的白名单里", trouble=Trouble.IP),
    "UnsupportedOperation": Refusal("模板和号码不是同一类(境内、境外)"),
}  # fmt: skip


def authorization(body: bytes, host: str, at: int, key: tuple[str, str]) -> str:
    """The TC3-HMAC-SHA256 header of a JSON POST at ``at`` (Unix seconds); ``key`` is id and secret."""
    day = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    names = "content-type;host"
    told = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    request = f"POST\n/\n\n{told}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/sms/tc3_request"
    text = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signing = f"TC3{key[1]}".encode()
    for part in (day, "sms", "tc3_request"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    signature = hmac.digest(signing, text.encode(), "sha256").hex()
    return f"TC3-HMAC-SHA256 Credential={key[0]}/{scope}, SignedHeaders={names}, Signature={signature}"


def response(said: Said) -> Mapping[str, Any] | Answer:
    """The inside of an answer; an ``Answer`` where it is an error, which comes inside HTTP 200."""
    inside = said.get("Response")
    if not isinstance(inside, dict):
        return Answer(Result.RETRY, words="腾讯云的回答里没有Response", maybe_sent=True)
    error = inside.get("Error")
    if isinstance(error, dict):
        return refused(str(error.get("Code") or ""), str(error.get("Message") or ""), REFUSALS)
    return inside


def read(said: Said) -> Answer:
    """What an answer to SendSms for one phone means: the call may be good and the phone refused."""
    inside = response(said)
    if isinstance(inside, Answer):
        return inside
    states = rows_of(inside, "SendStatusSet")
    if not states:
        return Answer(Result.RETRY, words="腾讯云的回答里没有SendStatusSet", maybe_sent=True)
    code = str(states[0].get("Code") or "")
    if code.lower() == "ok":
        return Answer(Result.ACCEPTED, str(states[0].get("SerialNo") or ""), "腾讯云已受理")
    return refused(code, str(states[0].get("Message") or ""), REFUSALS)


def rows_of(inside: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects in a list of an answer."""
    rows = inside.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def pulled(row: Mapping[str, Any]) -> Receipt | None:
    """One entry of PullSmsSendStatusSet; None where it is of no use. Without the right, SessionContext is empty."""
    serial, phone, state = str(row.get("SerialNo") or ""), e164(str(row.get("PhoneNumber"))), row.get("ReportStatus")
    if not serial or not phone or state not in ("SUCCESS", "FAIL"):
        return None
    words, at = str(row.get("Description") or "")[:200], moment(row.get("UserReceiveTime"))
    return Receipt(serial, phone, state == "SUCCESS", "", words, at, str(row.get("SessionContext") or ""))


def reported(told: Mapping[str, Any]) -> Receipt | None:
    """One entry of a callback; None where it is of no use. It names no notice."""
    serial, state = str(told.get("sid") or ""), told.get("report_status")
    phone = e164(f"+{told.get('nationcode')}{told.get('mobile')}") or e164(str(told.get("mobile")))
    if not serial or not phone or state not in ("SUCCESS", "FAIL"):
        return None
    code, words = str(told.get("errmsg") or "")[:60], str(told.get("description") or "")[:200]
    return Receipt(serial, phone, state == "SUCCESS", code, words, moment(told.get("user_receive_time")))


def left_in(row: Mapping[str, Any], now: datetime) -> int:
    """What is left in one package of SmsPackagesStatisticsSet; nothing before it is valid, and after."""
    amount, used = row.get("PackageAmount"), row.get("CurrentUsage")
    begin, end = row.get("PackageEffectiveTime"), row.get("PackageExpiredTime")
    told = [one for one in (amount, used, begin, end) if isinstance(one, int)]
    if len(told) < 4:
        return 0
    amount, used, begin, end = told
    return max(amount - used, 0) if begin <= now.timestamp() < end else 0
