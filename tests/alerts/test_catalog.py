"""Channels out of server.toml: what is found, what is refused, and that no secret stands in an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.channels import catalog
from alerts.channels.catalog import BadChannel
from tests.alerts.makes import at


def told(tmp_path: Path, **more: Any) -> dict[str, Any]:
    (tmp_path / "secret").write_text("geheim\n", encoding="utf-8")
    hook = {"name": "office", "kind": "webhook", "url": "https://office.example/in", "secret_file": tmp_path / "secret"}
    return hook | more


def test_every_file_that_tells_its_kind_is_a_kind() -> None:
    assert "webhook" in catalog.kinds()
    assert all(word == module.KIND for word, module in catalog.kinds().items())
    telling = [file for file in Path(catalog.__file__).parent.glob("*.py") if "\nKIND = " in file.read_text("utf-8")]
    assert len(catalog.kinds()) == len(telling)  # no two have the same word


@pytest.mark.parametrize("kind", catalog.kinds().values(), ids=catalog.kinds())
def test_a_kind_has_settings_of_its_own_and_can_be_opened(kind: catalog.Kind) -> None:
    assert issubclass(kind.Settings, catalog.ChannelSettings)
    assert kind.Settings is not catalog.ChannelSettings
    assert callable(kind.opened)


def test_a_channel_is_made_from_its_settings(tmp_path: Path) -> None:
    channel = catalog.opened(catalog.settings_of(told(tmp_path)), lambda: at(0))
    assert channel.by == "phone"
    channel.close()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"kind": "pigeon"}, "no kind 'pigeon'; there are .*webhook"),
        ({"kind": None}, "no kind None"),
        ({"name": "Office!"}, "name: String should match"),
        ({"urll": "https://x"}, "urll: Extra inputs"),
        ({"url": 7}, "url: Input should be a valid string"),
    ],
)
def test_settings_that_are_none_are_refused_by_name(tmp_path: Path, more: dict[str, Any], words: str) -> None:
    with pytest.raises(BadChannel, match=words):
        catalog.settings_of(told(tmp_path, **more))


def test_a_secret_is_never_told_in_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadChannel) as fault:
        catalog.settings_of(told(tmp_path, secret="geheim", secret_file=9))
    assert "geheim" not in str(fault.value)


@pytest.mark.parametrize("secret", ["", " \n"])
def test_an_empty_secret_is_refused(tmp_path: Path, secret: str) -> None:
    settings = catalog.settings_of(told(tmp_path))
    (tmp_path / "secret").write_text(secret, encoding="utf-8")
    with pytest.raises(BadChannel, match="secret是空的"):
        catalog.opened(settings, lambda: at(0))


def test_a_secret_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    settings = catalog.settings_of(told(tmp_path))
    (tmp_path / "secret").unlink()
    with pytest.raises(BadChannel, match=f"'office': 密钥文件{tmp_path}/secret不在那里"):
        catalog.opened(settings, lambda: at(0))


def test_a_secret_of_another_user_is_told_with_whose_it_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = catalog.settings_of(told(tmp_path))

    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)  # whoever runs the tests may be root, whom nothing refuses
    with pytest.raises(BadChannel, match="属主要是运行净村的用户"):
        catalog.opened(settings, lambda: at(0))


def test_an_address_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadChannel, match="must begin with https://"):
        catalog.opened(catalog.settings_of(told(tmp_path, url="ftp://x")), lambda: at(0))


def test_robots_and_loudspeakers_reach_nobody_in_person() -> None:
    groups = {word for word, kind in catalog.kinds().items() if not kind.Settings.personal}
    assert groups == {"wecom_robot", "dingtalk_robot", "feishu_robot", "loudspeaker"}
