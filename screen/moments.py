"""Times as they come in: whatever a phone's clock or a form says, it can be reckoned with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

# A phone whose battery was empty says 1970. What lies beyond these no phone means, and no calendar can be asked about.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def within(told: datetime) -> datetime:
    """The time itself, or the nearest that can be reckoned with."""
    return min(max(told, EARLIEST), LATEST)


Moment = Annotated[AwareDatetime, AfterValidator(within)]
