"""Each row of the register is one plain Chinese sentence, and who it was is told where it is known."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from alerts.register.deeds import Deed
from alerts.register.register import Row
from alerts.register.sentences import ACTS, sentence
from alerts.register.tabling import as_csv, name_of
from alerts.tickets.acts import _ACTS as TICKET_ACTS
from county.policy.rights import Move

NAMES = {"cam-1": "村口摄像机", "sec": "安全乙", "v1": "马村官"}


def row(deed: Deed | str, **facts: str) -> Row:
    """A row of these facts; what has a + before it in the book is told with ``_``."""
    return Row(7, "0" * 64, {"deed": str(deed), **{name.replace("_", "+", 1): said for name, said in facts.items()}})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (row(Deed.LOGGED_IN, _what="登录", _words="password+code"), "用口令加验证码登录"),
        (row(Deed.LOGIN_FAILED, _what="登录失败", _words="password"), "登录没有成功：口令不对"),
        (row(Deed.LOGIN_FAILED, _words="wecom: no account"), "登录没有成功：企业微信，没有这个人的账号"),
        (row(Deed.LOCKED_OUT, _words="300 s"), "输错太多次，300 秒内不能再试"),
        (row(Deed.ACCOUNT, _what="重置口令", account="sec", subject="v1"), "重置口令：账号 马村官"),
        (row(Deed.ACCOUNT, _what="结束登录", _words="3", account="v1", subject="v1"), "结束登录（3 处）"),
        (row(Deed.TICKET, kind="ticket", _route="POST /api/v1/tickets/019/acts/accept"), "对工单接单"),
        (row(Deed.TICKET, kind="ticket", _route="POST /api/v1/tickets/019/acts/extend"), "对工单延期"),
        (row(Deed.TICKET, kind="ask", _route="POST /api/v1/asks/4/refuse"), "对一件申请：不同意"),
        (row(Deed.DEVICE, kind="device", subject="cam-1", _route="POST /api/v1/devices/cam-1/revoke"),
         "吊销设备 村口摄像机 的密钥"),
        (row(Deed.COUNTY, kind="number", subject="4", _route="POST /api/v1/county/revisions/4/restore"),
         "退回第 4 版县里资料"),
        (row(Deed.EXPORTED, _route="GET /api/v1/queue.csv"), "导出工单列表（csv）"),
        (row(Deed.REFUSED, subject="6", _words="请写明原因"), "第 6 条没有办成：请写明原因"),
        (row(Deed.EVIDENCE_SEEN, _content="工单 2026-1 的画面"), "调看：工单 2026-1 的画面"),
        (row(Deed.DEVICE, kind="device", subject="cam-1", _command="revoke"),
         "在服务器上设备变更（命令 revoke）：设备 村口摄像机"),
        (row("of_a_later_version", _route="PUT /elsewhere"), "of_a_later_version"), (Row(1, "", {}), ""),
    ],
)  # fmt: skip
def test_a_row_is_one_sentence(told: Row, words: str) -> None:
    assert sentence(told, NAMES) == words


def test_each_act_and_move_has_its_words() -> None:
    assert [one for one in (*TICKET_ACTS, *Move) if one not in ACTS] == []


def test_a_row_that_gives_only_the_account_is_told_with_its_name_on_the_page_and_in_the_table() -> None:
    login = row(Deed.LOGGED_IN, account="sec", name="sec", _words="password")
    assert (name_of(login, NAMES), name_of(login, {})) == ("安全乙", "sec")
    assert name_of(row(Deed.LOGGED_IN, account="v1", name="马旧名"), NAMES) == "马旧名"
    table = as_csv([login], ZoneInfo("Asia/Shanghai"), NAMES).decode("utf-8-sig")
    assert re.search(r"sec,安全乙,.*用口令登录", table)


def test_what_a_stranger_wrote_in_an_address_stays_within_its_gap() -> None:
    told = row(Deed.TICKET, kind="ticket", _route="POST /api/v1/tickets/{subject}/acts/{1}")
    assert sentence(told) == "办理工单"
