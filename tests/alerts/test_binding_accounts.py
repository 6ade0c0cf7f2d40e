"""What is asked of the providers for a binding, and each way in which they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from alerts.bindings.accounts import accounts_of
from alerts.bindings.invitation import Invitation
from alerts.bindings.wechat_account import ServiceAccount
from alerts.bindings.wecom_account import Application, NoMember
from alerts.channels import Answer, By, Result
from alerts.channels.catalog import BadChannel, settings_of
from alerts.channels.voice import Voice
from tests.alerts.binding_cases import BASE, settings
from tests.alerts.makes import at
from tests.providers import wechat, wecom
from tests.providers.standin import StandIn, down, garbled, half_closed, says


@pytest.fixture
def corporation() -> wecom.WeCom:
    return wecom.WeCom()


@pytest.fixture
def provider(corporation: wecom.WeCom) -> Iterator[StandIn]:
    with corporation.serving() as serving:
        yield serving


@pytest.fixture
def application(provider: StandIn, tmp_path: Path) -> Iterator[Application]:
    accounts = accounts_of(settings(tmp_path, wecom=provider.base), BASE, lambda: at(0))
    known = accounts.known["wecom"]
    assert isinstance(known, Application)
    yield known
    accounts.close()


def words(answer: Any) -> str:
    assert isinstance(answer, Answer | NoMember)
    return answer.words


def test_a_code_holds_the_scene_and_ends_by_itself(tmp_path: Path) -> None:
    account = wechat.WeChat()
    with account.serving() as serving:
        accounts = accounts_of(settings(tmp_path, serving.base), BASE, lambda: at(0))
        invited = accounts.known["wechat"].invite("s" * 40, 600)
        assert isinstance(invited, Invitation)
        assert account.scenes == {invited.scan: "s" * 40}
        assert serving.heard[-1].json()["expire_seconds"] == 600
        account.end_token()
        assert isinstance(accounts.known["wechat"].invite("t", 600), Invitation), "the token is renewed once"
        for play in (says({"url": "https://evil.example/"}), says({"errcode": 45009, "errmsg": "quota"}), down()):
            serving.plays.append(play)
            assert isinstance(accounts.known["wechat"].invite("u", 600), Answer)
        accounts.close()


def test_the_link_leads_to_wecom_and_back_to_us(application: Application) -> None:
    invited = application.invite("scene-1", 600)
    split = urlsplit(invited.link)
    query = {key: value[0] for key, value in parse_qs(split.query).items()}
    assert (split.netloc, split.fragment) == ("open.weixin.qq.com", "wechat_redirect")
    assert query == {
        "appid": wecom.CORPID, "redirect_uri": f"{BASE}/api/v1/wecom/wecom", "response_type": "code",
        "scope": "snsapi_base", "state": "scene-1", "agentid": str(wecom.AGENT),
    }  # fmt: skip


def test_what_a_member_came_back_with_is_good_once(corporation: wecom.WeCom, application: Application) -> None:
    corporation.codes["c"] = wecom.MEMBER
    assert application.member("c") == wecom.MEMBER
    assert "已经用过或过期" in words(application.member("c"))


def test_a_member_is_found_by_the_phone_or_it_is_said_why_not(
    corporation: wecom.WeCom, application: Application
) -> None:
    corporation.mobiles = {"19900000001": wecom.MEMBER, "19900000002": "Hidden"}
    corporation.invisible = {"Hidden"}
    assert application.member_of("19900000001") == wecom.MEMBER
    assert "没有用这个手机号的成员(错误码46004" in words(application.member_of("19900000009"))
    assert "不在应用的可见范围(错误码60111" in words(application.member_of("19900000002"))
    assert "手机号不对(错误码60103" in words(application.member_of("123"))
    corporation.trusted = False
    assert "可信IP" in words(application.member_of("19900000001"))


@pytest.mark.parametrize("userid", ["a|b", "@all", "", 7, None, "x" * 65])
def test_a_userid_that_would_reach_others_is_none(provider: StandIn, application: Application, userid: object) -> None:
    application.member_of("19900000001")
    provider.plays.append(says({"errcode": 0, "errmsg": "ok", "userid": userid}))
    assert words(application.member_of("19900000001")) == "回答里没有userid"


@pytest.mark.parametrize("play", [down(), half_closed, garbled, says([1]), says({"errmsg": "?"})])
def test_an_answer_that_does_not_come_is_no_member(provider: StandIn, application: Application, play: Any) -> None:
    application.member_of("19900000001")
    provider.plays.append(play)
    answer = application.member_of("19900000001")
    assert isinstance(answer, Answer)
    assert answer.result is Result.RETRY


@pytest.mark.parametrize("token", ["ab", "with space", "中文令牌", "x" * 33])
def test_a_token_that_wechat_would_not_take_is_refused(tmp_path: Path, token: str) -> None:
    told = settings(tmp_path)
    (tmp_path / "events").write_text(token, encoding="utf-8")
    with pytest.raises(BadChannel, match="events_token_file needs 3 to 32"):
        accounts_of(told, BASE, lambda: at(0))


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    told = settings(tmp_path)
    (tmp_path / "events").unlink()
    with pytest.raises(BadChannel, match="channel 'wechat'"):
        accounts_of(told, BASE, lambda: at(0))


def test_the_channel_that_says_codes_writes_them(tmp_path: Path) -> None:
    told = settings(tmp_path)
    call = settings_of({"name": "call", "kind": "voice", "url": "http://127.0.0.1:9", "codes": True,
                        "secret_file": tmp_path / "ww"})  # fmt: skip
    accounts = accounts_of([*told, call], BASE, lambda: at(0))
    assert isinstance(accounts.texts, Voice)
    assert isinstance(accounts.known[accounts.name_of(By.WECHAT)], ServiceAccount)
    accounts.close()
