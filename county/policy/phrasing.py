"""[[phrase]]: what people say with one tap (常用语), an act and a category at a time; nobody needs to type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from county.policy.base import Strict

Said = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")]
Act = Literal[
    "done", "still", "not_true", "not_mine", "confirm_false", "confirm_unclear", "verify_ok", "verify_bad", "dispute",
    "return", "extend", "refuse", "reply",
]  # fmt: skip


class Phrase(Strict):
    """The phrases of one act, in their order; for one category, or for all that have none of their own."""

    act: Act
    category: str = Field(default="", max_length=64)
    words: tuple[Said, ...] = Field(min_length=1, max_length=9)


USUAL: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "done": ("已清理干净", "已清运", "已劝导整改", "需机械，已联系"),
    "not_true": ("现场干净，没有垃圾", "是农具、柴草，不是垃圾", "正在施工或晾晒", "画面看错了"),
    "not_mine": ("不是我的片区", "我不在村里", "需要专业清运", "责任人已变动"),
    "confirm_false": ("现场干净，没有垃圾", "不是垃圾", "重复上报"),
    "confirm_unclear": ("画面太暗或太糊", "被挡住了", "没有去过现场"),
    "verify_bad": ("还有垃圾没有清走", "清理到了别处", "照片不是这个地方"),
    "dispute": ("已经清理干净", "镜头看到的不是垃圾", "镜头看的不是这个地方"),
    "return": ("不是我的片区", "需要专业清运", "需要几家一起办"),
    "extend": ("等车辆或机械", "天气不好", "要和农户商量"),
    "refuse": ("理由不充分", "人手够，请按时办", "应由本级解决"),
    "reply": ("正在处理，今天办完", "已经办完，等待复核", "需要上级协调机械"),
})  # fmt: skip


def phrases(told: Iterable[Phrase], category: str) -> dict[str, tuple[str, ...]]:
    """What is offered for a category, an act each: its own phrases, else the county's for all, else the usual ones."""
    known = list(told)
    general: dict[str, tuple[str, ...]] = {one.act: one.words for one in known if not one.category}
    own: dict[str, tuple[str, ...]] = {one.act: one.words for one in known if one.category == category and category}
    return {**USUAL, **general, **own}


def wrong_in(told: Iterable[Phrase], codes: Iterable[str]) -> str:
    """What is wrong with the phrases of a policy, with the cure; nothing when all is well."""
    known, seen = frozenset(codes), set()
    for one in told:
        if one.category and one.category not in known:
            return f"[[phrase]] names the unknown category {one.category!r}; use a code of [[category]]"
        if (one.act, one.category) in seen:
            return f"two [[phrase]] blocks for act {one.act!r} and category {one.category!r}; join their words"
        seen.add((one.act, one.category))
    return ""
