"""The SMS texts that ship, ready to be filed with a provider, and how a text counts as short messages. Pure.

Aliyun writes a variable ``${place}``, Tencent ``{1}``; here it is {place}, and {desk} is the county's own address, as
the filed text holds it in full.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from alerts import phrases
from alerts.channels import Letter
from alerts.channels.fits import units
from alerts.terms import Purpose

ONE, EACH = 70, 67  # characters of a message alone, and of each where there are several
_PART = re.compile(r"\{(\w+)\}")
URGENT = "紧急"


@dataclass(frozen=True, slots=True)
class Filed:
    """One text, for a severity (``紧急`` or all) and a purpose (or all)."""

    name: str
    purpose: Purpose | None
    severity: str
    text: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Its variables in order."""
        return tuple(one for one in _PART.findall(self.text) if one != "desk")

    def aliyun(self, desk: str) -> str:
        """As Aliyun's form takes it."""
        return _PART.sub(lambda found: desk if found[1] == "desk" else f"${{{found[1]}}}", self.text)

    def tencent(self, desk: str) -> str:
        """As Tencent's form takes it."""
        numbers = {part: n for n, part in enumerate(self.parts, 1)}
        return _PART.sub(lambda found: desk if found[1] == "desk" else f"{{{numbers[found[1]]}}}", self.text)


SHIPPED = (
    Filed("一般、重要", None, "", "{do}:{place}发现{what},时限{due}。点开办理:{desk}/t/{code}"),
    Filed("紧急", None, URGENT, "紧急!{do}:{place}发现{what},最迟{due},超时上报。点开办理:{desk}/t/{code}"),
    Filed("返工", Purpose.REWORK, "", "复核没有通过,{do}:{place}{what},时限{due}。点开办理:{desk}/t/{code}"),
    Filed("核查", Purpose.VERIFY, "", "镜头看不清,{do}:{place}{what},时限{due}。点开办理:{desk}/t/{code}"),
    Filed("汇总", Purpose.DIGEST, "", "{do}:最急的是{place}{what},时限{due}。点开看全部待办:{desk}/d/{code}"),
    Filed("绑定验证码", Purpose.BIND, "", "验证码{code},用于净村{what},10分钟内有效,请勿告诉他人。"),
    Filed("审批静默", Purpose.GRANT, "", "{do}:{number}等您批准。请登录净村处理:{desk}"),
    Filed("知悉、转告", Purpose.COPY, "", "{do}:{place}{what},工单{number},不用办理。点开查看:{desk}/t/{code}"),
)


def shipped(purpose: Purpose | None, severity: str, texts: Sequence[Filed] = SHIPPED) -> Filed:
    """The text that ships for a template of this purpose and severity."""
    grave = URGENT if severity in (URGENT, phrases.URGENT) else ""
    of = Purpose.COPY if purpose in (Purpose.UNREACHED, Purpose.ANSWERED) else purpose
    fit = [one for one in texts if one.purpose in (None, of) and one.severity in ("", grave)]
    return max(fit, key=lambda one: (one.purpose is not None, one.severity != ""))


def messages(text: str) -> int:
    """How many short messages a text is billed as: characters as phones count them, an emoji two."""
    return 1 if units(text) <= ONE else ceil(units(text) / EACH)


def counted(text: str) -> str:
    """``62/70 字,1 条短信``."""
    n = messages(text)
    return f"{units(text)}/{ONE if n == 1 else n * EACH} 字,{n} 条短信"


def whole(text: str, values: dict[str, str], desk: str) -> str:
    """A text as a phone shows it; Aliyun's, Tencent's and our own way of writing a variable."""
    return re.sub(r"\$?\{(\w+)\}", lambda found: ({"desk": desk} | values).get(found[1], found[0]), text)


def names_in(text: str) -> frozenset[str]:
    """The variables of a filed text."""
    return frozenset(one for one in re.findall(r"\$?\{(\w+)\}", text) if one != "desk")


def desk_of(letter: Letter) -> str:
    """Our address as the letter knows it, whatever page of ours its link opens."""
    return re.sub(r"/(?:[td]/\w*|office#\w*)?$", "", letter.link)
