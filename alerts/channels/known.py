"""By what a channel knows somebody: the phone, or what people.csv says beside it."""

from __future__ import annotations

from alerts.channels import By
from county.values import Person


def address_of(person: Person, by: By) -> str:
    """What a channel needs to reach somebody; empty where nobody has told it, and where it needs nothing."""
    return {
        By.NOBODY: "", By.PHONE: person.phone, By.EMAIL: person.email, By.WECHAT: person.wechat, By.WECOM: person.wecom,
    }[by]  # fmt: skip
