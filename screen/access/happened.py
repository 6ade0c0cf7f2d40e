"""What happens at the entrance and to the accounts, told in one place: who did what to whose account, from where."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

log = logging.getLogger(__name__)


class What(StrEnum):
    """What happened, in the past tense."""

    ENTERED = "entered"
    REFUSED = "refused"  # a wrong password, code or identity
    LOCKED = "locked"  # too many wrong ones
    LEFT = "left"
    PASSWORD_CHANGED = "password_changed"
    FACTOR_SET = "factor_set"
    FACTOR_ENDED = "factor_ended"
    SESSIONS_ENDED = "sessions_ended"
    ACCOUNT_MADE = "account_made"
    ACCOUNT_RESET = "account_reset"
    ACCOUNT_REMOVED = "account_removed"


WORDS = {
    What.ENTERED: "登录", What.REFUSED: "登录失败", What.LOCKED: "输错太多被锁", What.LEFT: "退出",
    What.PASSWORD_CHANGED: "改口令", What.FACTOR_SET: "启用第二验证", What.FACTOR_ENDED: "停用第二验证",
    What.SESSIONS_ENDED: "结束登录", What.ACCOUNT_MADE: "开账号", What.ACCOUNT_RESET: "重置口令",
    What.ACCOUNT_REMOVED: "删账号",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happened:
    """One happening. ``by`` is who did it (``account`` itself, or who keeps the accounts); ``words`` say how."""

    what: What
    account: str
    by: str
    source: str
    at: datetime
    words: str = ""


Tell = Callable[[Happened], None]


def to_log(one: Happened) -> None:
    """Write it to the log of the program."""
    log.info("%s: account %.64r by %.64r from %s %s", one.what, one.account, one.by, one.source, one.words)
