"""The door at which providers leave receipts: whom it lets in, and what it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import Answer, Result
from alerts.channels.aliyun_sms import Settings
from alerts.channels.catalog import BadChannel
from alerts.notices.receipt_doors import doors_of
from alerts.post import Post, PostSettings
from alerts.world import World
from tests.alerts.makes import at
from tests.alerts.test_deliveries import Phone
from tests.screen.site import Site

SECRET = "9f2c51d7a04be6839f2c"
REPORT = {
    "phone_number": "19900000001", "send_time": "2026-11-21 10:00:00", "report_time": "2026-11-21 10:00:05",
    "success": True, "err_code": "DELIVERED", "err_msg": "接收成功", "sms_size": "1",
    "biz_id": "biz-1", "out_id": "",
}  # fmt: skip


def channel(folder: Path, **more: Any) -> Settings:
    (folder / "key").write_text("k")
    (folder / "receipts").write_text(SECRET + "\n")
    told = {"name": "sms", "kind": "aliyun_sms", "access_key_id": "id", "secret_file": folder / "key", "sign": "环境办",
            "templates": [{"id": "SMS_1", "variables": {"code": "code"}}],
            "receipts_file": folder / "receipts"}  # fmt: skip
    return Settings(**(told | more))


def sent(site: Site) -> None:
    """A letter that the provider has accepted."""
    site.ticket()
    post = Post(site.book, {"console": Phone(Answer(Result.ACCEPTED, "biz-1"))}, PostSettings("https://d/"),
                World(lambda: site.county, lambda: site.now))  # fmt: skip
    assert post.step() == 1


def states(site: Site) -> list[str]:
    return [one.state for one in site.reader.notices(site.reader.recent(1)[0].id)]


def test_the_provider_s_call_is_taken_and_answered_as_it_wants(site: Site) -> None:
    sent(site)
    console = channel(site.folder, name="console")
    with site.client(channels=(console,)) as provider:
        for _ in range(2):
            answer = provider.post(f"/api/v1/receipts/console/{SECRET}", content=json.dumps([REPORT]))
            assert (answer.status_code, answer.json()["code"]) == (200, 0)
    assert states(site) == ["delivered"]


def test_without_the_secret_nothing_is_taken_and_guessing_is_slowed_down(site: Site) -> None:
    with site.client(channels=(channel(site.folder),)) as stranger:
        paths = [f"sms/{SECRET[:-1]}x", f"sms/{SECRET}0", "sms/é", f"other/{SECRET}"]
        told = [stranger.post(f"/api/v1/receipts/{path}", content="[]").status_code for path in paths * 8]
        assert set(told) == {404, 429}
        assert stranger.post(f"/api/v1/receipts/sms/{SECRET}", content=json.dumps([REPORT])).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{}", b"[[]]", b"\xff\xfe", b"[" * 5000, b'[{"success": true}]', b"null"])
def test_what_is_no_receipt_is_refused_in_words(site: Site, body: bytes) -> None:
    with site.client(channels=(channel(site.folder),)) as provider:
        answer = provider.post(f"/api/v1/receipts/sms/{SECRET}", content=body)
    assert answer.status_code == 422
    assert "回执" in answer.json()["detail"]


def test_without_receipts_in_the_settings_there_is_no_such_address(site: Site) -> None:
    with site.client(channels=(channel(site.folder, receipts_file=None),)) as provider:
        assert provider.post(f"/api/v1/receipts/sms/{SECRET}", content="[]").status_code == 404


@pytest.mark.parametrize("secret", ["short", "", "with/slash/and/more/than/sixteen", "中文" * 9])
def test_a_secret_that_could_be_guessed_or_is_no_part_of_an_address_is_refused(tmp_path: Path, secret: str) -> None:
    settings = channel(tmp_path)
    (tmp_path / "receipts").write_text(secret)
    with pytest.raises(BadChannel, match="channel 'sms'"):
        doors_of([settings], lambda: at(0))


def test_a_channel_without_receipts_says_so(tmp_path: Path) -> None:
    from alerts.channels.webhook import Settings as Hook

    (tmp_path / "key").write_text("k")
    hook = Hook(name="office", kind="webhook", url="https://x", secret_file=tmp_path / "key",
                receipts_file=tmp_path / "key")  # fmt: skip
    with pytest.raises(BadChannel, match="has no receipts"):
        doors_of([hook], lambda: at(0))
