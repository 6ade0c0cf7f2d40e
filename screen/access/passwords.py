"""Which passwords may be chosen: long enough, not among the commonest, nothing of the user name. Pure."""

from __future__ import annotations

from pathlib import Path

LEAST, MOST = 10, 200
_COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text(encoding="ascii").split())


def why_not(name: str, password: str, old: str = "") -> str | None:
    """Why an account may not have this password, in Chinese; None where it may."""
    plain = password.casefold()
    if len(password) < LEAST:
        return f"新口令至少要 {LEAST} 个字符"
    if len(password) > MOST:
        return f"新口令最多 {MOST} 个字符"
    if password == old:
        return "新口令不能和现在的一样"
    if len(name) >= 2 and name.casefold() in plain and len(plain.replace(name.casefold(), "")) < LEAST // 2:
        return "新口令不能是用户名或它的变形"
    if not {plain, plain.rstrip("!.@#_-")}.isdisjoint(_COMMON) or len(set(plain)) < 5:
        return "这个口令太常见，一猜就中，请换一个"
    return None
