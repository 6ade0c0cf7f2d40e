"""The county's own words for a channel: ``[[channel.templates]]``, the most special one for each letter. Pure.

A template may be for one ``purpose`` (dispatch, remind …) and one ``severity`` (urgent, or the county's word 紧急).
Where a channel says words of its own choosing it holds ``text`` with places to fill; where a provider has approved
templates it names one (``sms``, ``wechat``). Without any, the channel says the letter's own sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts import phrases
from alerts.channels import Letter
from alerts.channels.catalog import ChannelSettings
from alerts.channels.fits import lead_of, words_of
from alerts.terms import Purpose

PLACES = ("do", "what", "severity", "place", "due", "number", "person", "code", "text", "link")
TELLING = frozenset({"text", "number", "place"})  # without one of them nobody knows what it is about
_PLACE = re.compile(r"\{([^{}]*)\}")
_CLAUSE = re.compile(r"[^,，;；。!！\n]*[,，;；。!！\n]?")


class Template(BaseModel):
    """For which letters it is; empty ``purpose`` and ``severity`` mean all."""

    purpose: Purpose | None = None
    severity: str = Field(default="", max_length=20)

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def case(self) -> str:
        """For which letters, in words."""
        told = [f"purpose={self.purpose.value}" if self.purpose else "", f"severity={self.severity}"]
        return " ".join(one for one in told if one and not one.endswith("=")) or "(all)"

    def serves(self, letter: Letter) -> bool:
        """Whether it may be used for this letter."""
        return self.purpose in (None, letter.purpose) and self.severity in ("", letter.severity, letter.grade)


class TextTemplate(Template):
    """``text`` in the county's words, such as ``{do}:{place} {what},请于{due}前办结。{link}``."""

    text: str = Field(min_length=1, max_length=1000)


class Worded(ChannelSettings):
    """A channel that says words of our own; ``places`` it knows, and how much it takes (``room``)."""

    templates: tuple[TextTemplate, ...] = ()

    places: ClassVar[tuple[str, ...]] = PLACES

    def severity_words(self) -> tuple[str, ...]:
        """The severities of the templates, in the county's words."""
        return words_among(self.templates)

    def room(self) -> tuple[int, str]:
        """How much the channel takes, and in which unit: 字 or 字节."""
        return 100_000, "字"

    @model_validator(mode="after")
    def _sound(self) -> Worded:
        distinct(self.templates)
        for one in self.templates:
            _sound_text(one, self.places, self.room())
        return self


T = TypeVar("T", bound=Template)


def words_among(templates: Iterable[Template]) -> tuple[str, ...]:
    """The county's words for severities that templates name (not our own codes)."""
    return tuple(dict.fromkeys(one.severity for one in templates if one.severity not in ("", *GRADES)))


GRADES = ("urgent", "major", "minor")


def distinct(templates: Sequence[Template]) -> None:
    """``ValueError`` where two are for the same letters."""
    seen: set[tuple[Purpose | None, str]] = set()
    for one in templates:
        if (one.purpose, one.severity) in seen:
            raise ValueError(f"two templates are for the same purpose and severity: {one.case}")
        seen.add((one.purpose, one.severity))


def complete(templates: tuple[T, ...]) -> tuple[T, ...]:
    """The templates, if every letter has one and only one. ``ValueError`` says what is wrong."""
    if not any(one.purpose is None and not one.severity for one in templates):
        raise ValueError("one template without purpose and severity is needed: it serves all other letters")
    distinct(templates)
    return templates


def chosen(templates: Sequence[T], letter: Letter) -> T | None:
    """The most special template for this letter, its purpose counting for more than its severity; None for none."""
    fit = [one for one in templates if one.serves(letter)]
    return max(fit, key=lambda one: (one.purpose is not None, one.severity != ""), default=None)


def facts(letter: Letter) -> dict[str, str]:
    """What may stand in a template's places."""
    return {
        "do": phrases.do(letter.purpose, letter.grade), "what": letter.what, "severity": letter.severity,
        "place": letter.place, "due": letter.due, "number": letter.number, "person": letter.person,
        "code": letter.code, "code_a": letter.code[:6], "code_b": letter.code[6:],
        "text": words_of(letter), "link": letter.link,
    }  # fmt: skip


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled; a clause all of whose places are empty is left out, with its mark."""
    kept = []
    for clause in _CLAUSE.findall(text):
        names = _PLACE.findall(clause)
        if not names or any(values.get(name, "") for name in names):
            kept.append(_PLACE.sub(lambda found: values.get(found[1], ""), clause))
    return "".join(kept).strip()


def worded(letter: Letter, templates: Sequence[TextTemplate]) -> Letter:
    """The letter in the county's words, its link at the end as in every letter; as it is where there is no template."""
    template = chosen(templates, letter)
    if template is None:
        return letter
    before, told, _ = template.text.partition("{link}")
    words = filled(before, facts(letter)) or words_of(letter)
    if not letter.link:
        return replace(letter, text=words)
    return replace(letter, text=words + ("" if told else lead_of(letter)) + letter.link)


def places_in(text: str, known: Sequence[str]) -> list[str]:
    """The places that a text has. ``ValueError`` names one that nobody can fill, or a bracket that is alone."""
    found = _PLACE.findall(text)
    for name in found:
        if name not in known:
            raise ValueError(f"no place {{{name}}}; there are {', '.join(f'{{{one}}}' for one in known)}")
    if re.search(r"[{}]", _PLACE.sub("", text)):
        raise ValueError("a { or } stands alone")
    return found


def _sound_text(template: TextTemplate, known: Sequence[str], room: tuple[int, str]) -> None:
    """``ValueError`` names the template and says what is wrong with it."""
    fault = _fault(template.text, known, room)
    if fault:
        raise ValueError(f"template {template.case}: {fault}")


def _fault(text: str, known: Sequence[str], room: tuple[int, str]) -> str:
    try:
        found = places_in(text, known)
    except ValueError as fault:
        return str(fault)
    if not TELLING.intersection(found):
        return "it must hold {text}, {number} or {place}, or nobody knows what it is about"
    if "{link}" in text and not text.rstrip().endswith("{link}"):
        return "{link} must stand at the end, where it is kept when long words are cut"
    most, unit = room
    fixed = _PLACE.sub("", text)
    used = len(fixed.encode()) if unit == "字节" else len(fixed)
    return f"its fixed words alone have {used}{unit}, and only {most} fit" if used >= most else ""
