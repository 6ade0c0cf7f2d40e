"""What is wrong with an account is told apart from what is wrong with a letter, by each provider's own codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import (
    Answer,
    Result,
    Trouble,
    aliyun_wire,
    dingtalk_robot,
    feishu_robot,
    tencent_wire,
    tokens,
    wechat,
    wecom,
    wecom_robot,
)
from alerts.channels.email_text import answered
from alerts.channels.errcodes import Meanings, refusal
from alerts.channels.tencent_sms import TencentSms
from tests.channels.makes import Clock, opened
from tests.providers.standin import StandIn, down, says
from tests.providers.tencent_sms import Package, Qcloud


def aliyun(code: str) -> Answer:
    return aliyun_wire.read({"Code": code, "Message": "m"})


def tencent(code: str) -> Answer:
    return tencent_wire.read({"Response": {"SendStatusSet": [{"Code": code, "Message": "m"}]}})


def by_number(meanings: Meanings) -> Callable[[int], Answer]:
    def answer(number: int) -> Answer:
        told = refusal({"errcode": number, "errmsg": "m"}, meanings)
        assert told is not None
        return told

    return answer


WECHAT, WECOM = by_number(wechat.MEANINGS), by_number(wecom.MEANINGS)
ROBOT, DING, FEISHU = map(by_number, (wecom_robot.MEANINGS, dingtalk_robot.MEANINGS, feishu_robot.MEANINGS))


@pytest.mark.parametrize(
    ("reads", "code", "trouble"),
    [
        (aliyun, "isv.OUT_OF_SERVICE", Trouble.BALANCE), (aliyun, "isv.AMOUNT_NOT_ENOUGH", Trouble.BALANCE),
        (aliyun, "isv.DAY_LIMIT_CONTROL", Trouble.QUOTA), (aliyun, "isv.MONTH_LIMIT_CONTROL", Trouble.QUOTA),
        (aliyun, "isv.SMS_SIGN_ILLEGAL", Trouble.SIGN), (aliyun, "isv.SIGN_STATE_ILLEGAL", Trouble.SIGN),
        (aliyun, "isv.SMS_TEMPLATE_ILLEGAL", Trouble.TEMPLATE), (aliyun, "isp.RAM_PERMISSION_DENY", Trouble.RIGHT),
        (aliyun, "isv.DENY_IP_RANGE", Trouble.IP), (aliyun, "SignatureDoesNotMatch", Trouble.CREDENTIALS),
        (aliyun, "InvalidTimeStamp.Expired", Trouble.CLOCK), (aliyun, "isv.BUSINESS_LIMIT_CONTROL", None),
        (aliyun, "isv.MOBILE_NUMBER_ILLEGAL", None), (aliyun, "isp.SYSTEM_ERROR", None),
        (tencent, "FailedOperation.InsufficientBalanceInSmsPackage", Trouble.BALANCE),
        (tencent, "UnauthorizedOperation.ServiceSuspendDueToArrears", Trouble.BALANCE),
        (tencent, "LimitExceeded.AppDailyLimit", Trouble.QUOTA), (tencent, "LimitExceeded.PhoneNumberDailyLimit", None),
        (tencent, "FailedOperation.SignatureIncorrectOrUnapproved", Trouble.SIGN),
        (tencent, "FailedOperation.TemplateIncorrectOrUnapproved", Trouble.TEMPLATE),
        (tencent, "AuthFailure.SecretIdNotFound", Trouble.CREDENTIALS),
        (tencent, "UnauthorizedOperation.RequestIpNotInWhitelist", Trouble.IP),
        (tencent, "FailedOperation.PhoneNumberInBlacklist", None),
        (WECHAT, 45009, Trouble.QUOTA), (WECHAT, 48001, Trouble.RIGHT), (WECHAT, 40164, Trouble.IP),
        (WECHAT, 40037, Trouble.TEMPLATE), (WECHAT, 40001, Trouble.CREDENTIALS), (WECHAT, 43004, None),
        (WECHAT, 43101, None), (WECHAT, -1, None), (WECOM, 60020, Trouble.IP), (WECOM, 48002, Trouble.RIGHT),
        (WECOM, 301002, Trouble.CREDENTIALS), (WECOM, 81013, None), (WECOM, 45009, None),
        (ROBOT, 93000, Trouble.CREDENTIALS), (ROBOT, 45009, None), (DING, 130101, Trouble.BLOCKED),
        (DING, 310000, Trouble.CREDENTIALS), (FEISHU, 19021, Trouble.CREDENTIALS), (FEISHU, 19022, Trouble.IP),
        (FEISHU, 11232, None), (by_number(tokens.MEANINGS), 40125, Trouble.CREDENTIALS),
        (by_number(tokens.MEANINGS), 60020, Trouble.IP),
    ],
)  # fmt: skip
def test_a_code_says_whether_the_account_is_to_blame(
    reads: Callable[[Any], Answer], code: object, trouble: Trouble | None
) -> None:
    answer = reads(code)
    assert not answer.result.went
    assert answer.trouble is trouble


@pytest.mark.parametrize(("code", "trouble"), [(535, Trouble.CREDENTIALS), (550, None), (451, None)])
def test_a_mailbox_that_lets_nobody_in_is_the_account_s(code: int, trouble: Trouble | None) -> None:
    assert answered(code, "no", handed=False).trouble is trouble


@pytest.fixture
def clock() -> Clock:
    return Clock()


def channel_of(folder: Path, server: StandIn, clock: Clock, mark: int = 100) -> Any:
    told = {
        "kind": "tencent_sms", "secret_id": "AKIDx", "sdk_app_id": "1400006666", "sign": "青峦县", "base": server.base,
        "templates": [{"id": "T", "variables": ["what"], "without_code": True}], "low_water": mark,
    }  # fmt: skip
    return opened(told, clock, folder, secret="geheim")


def test_tencent_tells_what_is_left_in_the_packages_that_are_valid_now(tmp_path: Path, clock: Clock) -> None:
    now = clock()
    day = timedelta(days=1)
    packages = [
        Package(1000, 400, now - day, now + day), Package(500, 500, now - day, now + day),
        Package(100, 0, now - 9 * day, now - day), Package(100, 0, now + day, now + 9 * day),
        *[Package(1, 0, now - day, now + day)] * 600,
    ]  # fmt: skip
    qcloud = Qcloud(clock, packages=packages)
    with StandIn(qcloud.answer) as server, channel_of(tmp_path, server, clock) as channel:
        assert isinstance(channel, TencentSms)
        assert channel.remains() == 1200
        assert len(server.heard) == 2, "page by page"


def test_a_provider_that_does_not_tell_what_is_left_is_no_trouble(tmp_path: Path, clock: Clock) -> None:
    with StandIn(Qcloud(clock).answer) as server, channel_of(tmp_path, server, clock) as channel:
        server.plays += [down(), says({"Response": {"SmsPackagesStatisticsSet": [{"PackageAmount": "x"}, 7]}})]
        away = channel.remains()
        assert isinstance(away, Answer)
        assert away.result is Result.RETRY
        assert channel.remains() == 0, "odd rows count for nothing"
