"""How a box stands with the configuration that the county wishes of it. Pure."""

from __future__ import annotations

from broker.messages import ConfigState
from ingest.wishes import Wish
from screen.county.device_shapes import ConfigShown


def config_of(wish: Wish | None, said: ConfigState | None, *, unsent: bool = False) -> ConfigShown:
    """``unsent``: what is drawn now does not stand in the newest wish."""
    runs = said.version if said is not None else None
    heard = {"runs": runs, "answered_at": said.at if said is not None else None}
    if unsent:
        return ConfigShown(state="unsent", words="画好的还没有下发", **_wished(wish), **heard)
    if wish is None:
        return ConfigShown(state="none", words="县里没有下发过配置，按盒子自己的文件运行", **heard)
    state, words = _answered(wish.version, said)
    return ConfigShown(state=state, words=words, **_wished(wish), **heard)


def _answered(wanted: int, said: ConfigState | None) -> tuple[str, str]:
    if said is None:
        return "sent", f"第{wanted}版已下发，盒子还没有回话"
    if said.version == wanted:
        return ("running", f"盒子已确认：正在运行第{wanted}版") if said.ok else ("trying", f"盒子正在试用第{wanted}版")
    if said.reason.startswith(f"version {wanted}:"):
        return "refused", f"盒子没有采用第{wanted}版：{said.reason.partition(':')[2].strip()}"
    return "sent", f"第{wanted}版已下发，盒子还在运行第{said.version}版"


def _wished(wish: Wish | None) -> dict[str, object]:
    if wish is None:
        return {}
    return {"wanted": wish.version, "author": wish.author, "reason": wish.reason, "at": wish.at}
