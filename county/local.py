"""What holds where: the county's numbers and rules with what [[at]] changes on the way down to a spot. No clock.

A spot's areas go from wide to narrow: county, township, village, what lies below, the device, the spot itself; the
narrowest that says anything counts. Each answer is made once and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from county.calendar import Calendar
from county.policy import BinThresholds, Policy, Recheck
from county.policy.at import At, bins_under, recheck_under
from county.policy.comparisons import Source
from county.policy.definition import Law
from county.policy.rules import Rule
from county.policy.schedule import Hours

Areas = tuple[str, ...]


class Local:
    """The policy of a county as it holds at a place, named by its areas from wide to narrow."""

    def __init__(self, policy: Policy, calendar: Calendar) -> None:
        self._policy = policy
        self._calendar = calendar
        self._at: Mapping[str, At] = {one.area: one for one in policy.at}
        self._rules: Mapping[Source, tuple[Rule, ...]] = {
            source: tuple(rule for rule in policy.rules if rule.on == source)
            for source in {rule.on for rule in policy.rules}
        }
        self._bins: dict[Areas, BinThresholds] = {}
        self._rechecks: dict[Areas, Recheck] = {}
        self._laws: dict[tuple[Source, Areas, str], tuple[Law, ...]] = {}
        self._made: dict[tuple[str, Areas], Law] = {}

    @property
    def differs(self) -> bool:
        """Whether any area has anything otherwise than the county."""
        return bool(self._at)

    def has_rules(self, on: Source) -> bool:
        """Whether the county has a rule on messages of this kind anywhere."""
        return on in self._rules

    def bins(self, areas: Areas) -> BinThresholds:
        """The thresholds of a bin. ValueError where changes do not fit together, which the check refuses."""
        if areas not in self._bins:
            self._bins[areas] = bins_under(self._policy.bins, self._changes(areas))
        return self._bins[areas]

    def recheck(self, areas: Areas) -> Recheck:
        """How a spot is looked at again."""
        if areas not in self._rechecks:
            self._rechecks[areas] = recheck_under(self._policy.recheck, self._changes(areas))
        return self._rechecks[areas]

    def laws(self, on: Source, areas: Areas, zone: str) -> tuple[Law, ...]:
        """The rules on messages of this kind that apply to a spot, in the county's order."""
        if on not in self._rules:
            return ()
        key = (on, areas, zone)
        if key not in self._laws:
            self._laws[key] = tuple(
                self._law(rule, areas) for rule in self._rules[on] if applies(rule, areas, zone)
            )  # fmt: skip
        return self._laws[key]

    def law(self, name: str, areas: Areas, zone: str) -> Law | None:
        """One rule by its name as it holds at a spot; None where there is none such, or it does not apply there."""
        found = next((rule for rule in self._policy.rules if rule.name == name), None)
        return self._law(found, areas) if found is not None and applies(found, areas, zone) else None

    def _law(self, rule: Rule, areas: Areas) -> Law:
        """One object for all places where the rule is the same."""
        changing = tuple(one.area for one in self._changes(areas) if any(each.name == rule.name for each in one.rules))
        if (rule.name, changing) not in self._made:
            changes = [each for area in changing for each in self._at[area].rules if each.name == rule.name]
            category = self._policy.category(rule.category)
            definition = rule.definition(changes, category.severity if category else "major")
            self._made[rule.name, changing] = Law(definition, Hours(definition.windows, self._calendar))
        return self._made[rule.name, changing]

    def _changes(self, areas: Areas) -> Sequence[At]:
        return [self._at[area] for area in areas if area in self._at]


def applies(rule: Rule, areas: Areas, zone: str) -> bool:
    """Whether a rule is meant for a spot with these areas and this zone."""
    return rule.areas is None or any(area in areas or (zone and area == zone) for area in rule.areas)
