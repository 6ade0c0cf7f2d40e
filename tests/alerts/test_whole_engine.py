"""Everything at once: what ``test_whole_duty`` does, and mutes, a county's own rules, equipment, two witnesses, kills.

The promises that are added: a mute holds back and never loses; what is seen dirty has a ticket, a mute or a rule that
waits; a kill leaves what pends as it would be without it; of equipment that another stands for nobody is told, and it
closes once, by being heard. ``LIVES=2000`` lives so many lives (``make soak``). What fails is told as it was lived: to
shrink it takes minutes.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from alerts.mutes.mutes import Scope
from tests.alerts.duty.equipping import Equipping
from tests.alerts.duty.killing import Killing
from tests.alerts.duty.life import FAR_BOX
from tests.alerts.duty.muting import Muting
from tests.alerts.duty.ruling import Ruling
from tests.county.small import BOX, VILLAGE
from tests.depth import depth


class WholeEngine(Killing, Muting, Ruling, Equipping):
    """One life of a county with all of it."""

    @rule(hours=st.sampled_from([0.3, 1]), rounds=st.integers(4, 8), back=st.booleans())
    def a_planned_power_cut(self, hours: float, rounds: int, back: bool) -> None:
        self.minutes_pass_in_which_these_are_heard(1, (BOX, FAR_BOX), True, True, 9000)
        self.muted_by_the_township(
            Scope(area=VILLAGE), ("box_silent", "camera_silent", "link_down", "bin_silent"), hours
        )
        self.minutes_pass_in_which_these_are_heard(rounds, (FAR_BOX,), True, False, 9000)
        if back:
            self.minutes_pass_in_which_these_are_heard(3, (BOX, FAR_BOX), True, True, 9000)


WholeEngine.TestCase.settings = settings(
    max_examples=depth(20), stateful_step_count=40, deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.differing_executors],
)  # fmt: skip
TestWholeEngine = WholeEngine.TestCase
