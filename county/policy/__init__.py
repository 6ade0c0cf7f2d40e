"""A county's policy: level names, categories, time limits, the ladder, channels. Data from policy.toml, never code.

One file a block; this one joins them and holds what concerns several.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ConfigDict, Field, field_validator, model_validator

from broker.messages import Kind
from county.policy.acknowledging import Remind, SilenceAfterAccept
from county.policy.at import At
from county.policy.base import Positive, Severity, Strict
from county.policy.bins import BinThresholds
from county.policy.cap import Cap
from county.policy.categories import FURTHER, Category, LevelNames, default_categories
from county.policy.channels import Routes
from county.policy.checking import Recheck
from county.policy.daily import Daily, wrong_in
from county.policy.equipment import Equipment
from county.policy.flapping import Flapping
from county.policy.handover import Handover
from county.policy.limits import NEEDED_STAGES, Limit, Stage, Work
from county.policy.lists import Lists
from county.policy.needs import Need
from county.policy.paper import Paper
from county.policy.phrasing import Phrase
from county.policy.phrasing import wrong_in as wrong_phrases
from county.policy.quiet import Quiet
from county.policy.relapse import Relapse
from county.policy.reporting import Photo, Report
from county.policy.rewards import Reward
from county.policy.rights import Move, Right, Supervision, faults, with_usual
from county.policy.rules import Rise, Rule
from county.policy.silences import SilencePolicy
from county.policy.telling import Tell
from county.policy.triage import Triage
from county.values import LADDER, Level

__all__ = [
    "At", "BinThresholds", "Cap", "Category", "Daily", "Handover", "LevelNames", "Limit", "Move", "Need", "Paper",
    "Photo", "Phrase", "Policy", "Recheck", "Relapse", "Report", "Reward", "Right", "Rise", "Rule", "Severity", "Stage",
    "Supervision", "Tell", "Triage", "Work",
]  # fmt: skip


class Policy(Strict):
    """The whole of policy.toml. ``ladder`` is the way up, lowest first."""

    levels: LevelNames = LevelNames()
    severities: Mapping[Severity, str] = {"urgent": "紧急", "major": "重要", "minor": "一般"}
    zones: Mapping[str, str] = {"road": "交通沿线", "street": "村庄街巷", "yard": "农户庭院", "field": "田间地头"}
    private_zones: tuple[str, ...] | None = None  # a camera looks there by consent only; unless told: yard
    categories: tuple[Category, ...] = Field(default_factory=default_categories, alias="category", min_length=1)
    limits: tuple[Limit, ...] = Field(alias="limit", min_length=1)
    ladder: tuple[Level, ...] = Field(default=LADDER, min_length=1)
    channels: Mapping[Level, Routes] = Field(default_factory=dict)
    quiet: Quiet = Quiet()
    cap: Cap = Cap()
    reminder_s: Positive = 1800
    remind: Remind = Remind()
    silence_after_accept: SilenceAfterAccept = SilenceAfterAccept()
    relapse_days: Positive = 7  # the same site and category again within so many days is a relapse (反弹)
    relapse: Relapse = Relapse()
    triage: Triage = Triage()
    recheck: Recheck = Recheck()
    bins: BinThresholds = Field(default=BinThresholds(), alias="bin")
    rules: tuple[Rule, ...] = Field(default=(), alias="rule")
    rises: tuple[Rise, ...] = Field(default=(), alias="rise")
    at: tuple[At, ...] = ()
    equipment: Equipment = Equipment()
    daily: tuple[Daily, ...] = ()
    needs: tuple[Need, ...] = Field(default=(), alias="need")
    tell: tuple[Tell, ...] = ()
    silence: SilencePolicy = SilencePolicy()
    handover: Handover = Handover()
    flapping: Flapping = Flapping()
    work: Work = Work()
    report: Report = Report()
    photo: Photo = Photo()
    phrases: tuple[Phrase, ...] = Field(default=(), alias="phrase")
    reward: Reward = Reward()
    paper: Paper = Paper()
    rights: tuple[Right, ...] = Field(default=(), alias="right")
    supervision: Supervision = Supervision()
    lists: Lists = Lists()

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @field_validator("categories")
    @classmethod
    def _with_further(cls, told: tuple[Category, ...]) -> tuple[Category, ...]:
        codes = {category.code for category in told}
        return (*told, *(category for category in FURTHER if category.code not in codes))

    @model_validator(mode="after")
    def _whole(self) -> Policy:
        if len(set(self.ladder)) != len(self.ladder):
            raise ValueError("ladder names a level twice")
        self._check_categories([category.code for category in self.categories])
        if wrong := faults(self.rights, self.ladder):
            raise ValueError(wrong)
        for level in self.ladder:
            for stage in NEEDED_STAGES:
                if self.limit(stage, level) is None:
                    raise ValueError(
                        f"no limit for stage {stage!r} at level {level.value!r}; add a [[limit]] block for it "
                        "without category, zone and severity"
                    )
        self._check_triage()
        strange = [zone for zone in self.private if zone not in self.zones]
        if strange:
            raise ValueError(f"private_zones names the unknown zone {strange[0]!r}; use a zone of [zones]")
        return self

    @property
    def private(self) -> frozenset[str]:
        """The zones into which a camera looks only with a consent or a legal paper."""
        if self.private_zones is None:
            return frozenset({"yard"} & set(self.zones))
        return frozenset(self.private_zones)

    def _check_triage(self) -> None:
        codes = [category.code for category in self.categories]
        wrong = (
            self.triage.wrong(codes, list(self.zones)) or self.recheck.wrong(codes) or wrong_in(self.daily, codes)
            or wrong_phrases(self.phrases, codes) or self.lists.wrong(self.ladder)
        )  # fmt: skip
        if wrong:
            raise ValueError(wrong)
        if self.triage.when and self.triage.level not in self.ladder:
            raise ValueError(f"[triage] level {self.triage.level.value!r} is no rung of the ladder")
        if self.triage.when and self.limit("triage", self.triage.level) is None:
            raise ValueError(
                f"[triage] has no time limit; add a [[limit]] with stage 'triage' and level {self.triage.level.value!r}"
            )

    def _check_categories(self, codes: list[str]) -> None:
        if len(set(codes)) != len(codes):
            raise ValueError("two categories share a code")
        missing = [kind.value for kind in Kind if kind not in codes]
        if missing:
            raise ValueError(f"no [[category]] for the alarm kind {', '.join(missing)}; add one with name and severity")
        unknown = [code for code in self.reward.amounts if code not in codes]
        if unknown:
            raise ValueError(f"a reward for the unknown category {unknown[0]!r}; use a code of [[category]]")
        for limit in self.limits:
            if limit.category not in ("", *codes) or limit.zone not in ("", *self.zones):
                raise ValueError(
                    f"a limit for the unknown category {limit.category!r} or zone {limit.zone!r}; "
                    "use a code of [[category]] and of [zones], or leave it out"
                )
        strange = [code for code in self.supervision.categories if code not in codes]
        if strange:
            raise ValueError(f"[supervision] names the unknown category {strange[0]!r}; use a code of [[category]]")

    def category(self, code: str) -> Category | None:
        """The category of an alarm kind, or None."""
        return next((category for category in self.categories if category.code == code), None)

    def right(self, move: Move, level: Level) -> Right | None:
        """By which right a level may ask for a move; None where it may not."""
        fitting = (right for right in with_usual(self.rights) if right.move is move and level in right.levels)
        return next(fitting, None)

    def limit(self, stage: Stage, level: str, category: str = "", zone: str = "", severity: str = "") -> Limit | None:
        """The narrowest limit that fits: category counts before zone, zone before severity."""
        fitting = (
            limit
            for limit in self.limits
            if limit.stage == stage and limit.level == level and limit.fits(category, zone, severity)
        )
        return max(fitting, key=lambda limit: limit.narrowness, default=None)
