"""What providers say inside HTTP 200: a number and words. What a number means stands in the table of the channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.channels import Answer, Result, Trouble
from alerts.channels.calling import Said


@dataclass(frozen=True, slots=True)
class Means:
    """What a number means for the letter, in words for the log; ``wait_s`` where sooner there is no use."""

    result: Result
    words: str
    wait_s: float = 0.0
    trouble: Trouble | None = None


Meanings = Mapping[int, Means]


def retry(words: str, wait_s: float = 0.0, trouble: Trouble | None = None) -> Means:
    """Sending it again may help."""
    return Means(Result.RETRY, words, wait_s, trouble)


def failed(words: str, trouble: Trouble | None = None) -> Means:
    """By this channel it will not arrive."""
    return Means(Result.FAILED, words, trouble=trouble)


def number_of(said: Said, key: str = "errcode") -> int | None:
    """The provider's number; None where it said none."""
    value = said.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def refusal(said: Said, meanings: Meanings, key: str = "errcode", words: str = "errmsg") -> Answer | None:
    """None where the provider says 0; a number that the table does not know is for good, with the provider's words."""
    number = number_of(said, key)
    if number == 0:
        return None
    told = str(said.get(words, ""))[:120]
    if number is None:
        return Answer(Result.RETRY, words=f"回答里没有错误码:{told}", maybe_sent=True)
    means = meanings.get(number, failed("对方拒绝"))
    line = f"{means.words}(错误码{number}:{told})"
    return Answer(means.result, words=line, wait_s=means.wait_s, trouble=means.trouble)
