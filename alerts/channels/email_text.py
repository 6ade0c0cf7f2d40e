"""How a notice reads as a mail, and what a mail server's reply means. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from alerts.channels import Answer, Letter, Result, Trouble

_ATOM = r"[A-Za-z0-9_%+-]{1,64}"
ADDRESS = rf"{_ATOM}(?:\.{_ATOM}){{0,8}}@(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}[A-Za-z0-9-]{{2,63}}"
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
LONGEST_SUBJECT = 100
_QUEUED = re.compile(r"queued as:?\s+([\w.+-]*\w)", re.IGNORECASE)
_LOGIN = frozenset({530, 534, 535})  # the mailbox lets nobody in with what we have
_HINTS = {
    530: "服务器要求先登录或加密",
    535: "登录不上:核对user;密码要用邮箱的客户端授权码,不是网页密码",
    550: "收件人不存在或拒收",
    552: "收件人邮箱已满",
    553: "发件人必须与登录的邮箱一致",
    554: "被邮件服务器的规则拒绝(多为垃圾邮件规则)",
}


@dataclass(frozen=True, slots=True)
class Sender:
    """From whom the mail is: an address that matches ``ADDRESS``, and the name beside it."""

    address: str
    name: str


def written(letter: Letter, sender: Sender, now: datetime) -> bytes:
    """The mail, in ASCII and with CRLF. ``letter.address`` must match ``ADDRESS``; ``now`` is aware."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(one_line(sender.name), addr_spec=sender.address)
    mail["To"] = Address(one_line(letter.person), addr_spec=letter.address)
    mail["Subject"] = subject(letter)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(letter.id, sender.address)
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday notice answers
    mail.set_content(letter.text, cte="base64")
    mail.add_alternative(html(letter), subtype="html", cte="base64")
    return mail.as_bytes()


def subject(letter: Letter) -> str:
    """As much of it as a mail server takes."""
    return whole_subject(letter)[:LONGEST_SUBJECT]


def whole_subject(letter: Letter) -> str:
    """``【净村·紧急】GD-1121-0001 暴露垃圾 柳林镇 石门村``; the first words where the letter is about no ticket."""
    about = " ".join(part for part in (letter.number, letter.what, letter.place) if part) or letter.text[:40]
    mark = f"【净村·{letter.severity}】" if letter.severity else "【净村】"
    return one_line(about if about.startswith("【") else mark + about)


def message_id(letter_id: str, sender: str) -> str:
    """The same for the same notice, whenever it is sent."""
    known = letter_id if _ID.fullmatch(letter_id) else hashlib.sha256(letter_id.encode()).hexdigest()
    return f"<{known}@{sender.rpartition('@')[2]}>"


def html(letter: Letter) -> str:
    """The same words as a page without pictures, styles of others or anything that is fetched."""
    facts = (("工单", letter.number), ("级别", letter.severity), ("问题", letter.what), ("地点", letter.place),
             ("期限", letter.due))  # fmt: skip
    rows = "".join(f"<tr><td>{name}</td><td><b>{escape(value)}</b></td></tr>" for name, value in facts if value)
    text = letter.text.removesuffix(letter.link) if letter.link else letter.text
    link = f'<p><a href="{escape(letter.link)}">{escape(letter.link)}</a></p>' if _opens(letter.link) else ""
    return f'<!doctype html><html lang="zh-CN"><body><table>{rows}</table><p>{escape(text)}</p>{link}</body></html>'


def answered(code: int, words: bytes | str, *, handed: bool) -> Answer:
    """What a mail server's reply means. 5xx is for good; ``handed``: the reply came after the text of the mail."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    text = " ".join(text.split())[:160]
    if 200 <= code < 300:
        queued = _QUEUED.search(text)
        return Answer(Result.ACCEPTED, queued[1] if queued else "", f"{code} {text}")
    if 500 <= code < 600:
        hint = _HINTS.get(code)
        trouble = Trouble.CREDENTIALS if code in _LOGIN else None
        return Answer(Result.FAILED, words=f"{code} {text}" + (f",{hint}" if hint else ""), trouble=trouble)
    clear = 400 <= code < 500
    return Answer(Result.RETRY, words=f"{code} {text},稍后重试", maybe_sent=handed and not clear)


def one_line(text: str) -> str:
    """Without anything that could begin a header of its own."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _opens(link: str) -> bool:
    return link.startswith(("https://", "http://"))
