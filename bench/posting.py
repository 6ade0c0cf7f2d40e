"""How the people of a chaos run are told: by stand-in providers on routes, with what each is known by."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.troupe import Actor
from broker.embedded import free_port
from county.files import Folder
from county.policy.channels import BUILT_IN
from jingcun.demo.stage import Stage, to_toml
from jingcun.settings import load

ROUTES = {
    "village": ["file", "wechat > sms", "wecom > gate"],
    "township": ["file", "wecom > sms", "robot > gate"],
    "county": ["file", "voice > sms", "gate"],
    "leader": ["file", "sms"],
}
GROUPS = frozenset(BUILT_IN) | {"robot"}  # reach nobody in person
PROVIDERS = ("carriers", "messengers")
RECEIPTS = "chaos-receipts-0123456789"
AWAY_S = (0.0, 8.0)  # how long killed providers stay away


@dataclass(frozen=True, slots=True)
class Posting:
    """Where the providers listen, and where each keeps what it remembers."""

    folder: Path
    ports: dict[str, int]
    seed: int

    @staticmethod
    def begin(folder: Path, seed: int) -> Posting:
        """Choose ports; nothing runs yet."""
        return Posting(folder, {one: free_port() for one in PROVIDERS}, seed)

    def log(self, provider: str) -> Path:
        """What it took."""
        return self.folder / "providers" / f"{provider}.jsonl"

    def furnish(self, stage: Stage) -> Stage:
        """Give the server its channels."""
        for name, secret in self.secrets().items():
            (stage.folder / f"{name}.secret").write_text(secret, encoding="utf-8")
        table = tomllib.loads(stage.server_toml.read_text(encoding="utf-8"))
        table["channel"] = self.channels()
        stage.server_toml.write_text(to_toml(table), encoding="utf-8")
        return replace(stage, server=load(stage.server_toml))

    def actors(self, stage: Stage, logs: Path) -> list[Actor]:
        """The providers as programs that can be killed."""
        receipts = f"{stage.url}/api/v1/receipts/sms/{RECEIPTS}"
        made = []
        for name, port in self.ports.items():
            argv = [
                sys.executable,
                "-m",
                "bench.providers",
                name,
                "--port",
                str(port),
                "--log",
                str(self.log(name)),
                "--receipts",
                receipts,
            ]
            actor = Actor(name, [*argv, "--seed", str(self.seed)], logs / f"{name}.log", (), b"providers: ready")
            actor.away_s = AWAY_S
            made.append(actor)
        return made

    @staticmethod
    def secrets() -> dict[str, str]:
        """What stands in the secret files, by their names."""
        return {"sms": "geheim", "receipts": RECEIPTS, "wechat": "秘密s3cret", "wecom": "wecom-s3cret",
                "robot": "robot-key-1", "hook": "s3cret"}  # fmt: skip

    def channels(self) -> list[dict[str, Any]]:
        """The channels of server.toml."""
        carriers, messengers = (f"http://127.0.0.1:{self.ports[one]}" for one in PROVIDERS)
        variables = {one: one for one in ("person", "what", "place", "code")}
        data = {"thing1": "{what}", "thing2": "{place}", "phrase3": "{severity}", "character_string5": "{number}",
                "time4": "{due}"}  # fmt: skip
        return [
            {"name": "sms", "kind": "aliyun_sms", "base": carriers, "access_key_id": "LTAI5t", "sign": "青峦县",
             "secret_file": "sms.secret", "templates": [{"id": "SMS_1", "variables": variables}],
             "receipts_file": "receipts.secret", "ask_after_min": [0.5, 1, 2]},
            {"name": "wechat", "kind": "wechat", "base": messengers, "appid": "wx0123456789abcdef",
             "secret_file": "wechat.secret", "template_id": "tmpl-garbage", "data": data},
            {"name": "wecom", "kind": "wecom", "base": messengers, "corpid": "ww0123456789abcdef", "agentid": 1000002,
             "secret_file": "wecom.secret", "form": "text"},
            {"name": "robot", "kind": "wecom_robot", "base": messengers, "key_file": "robot.secret"},
            {"name": "voice", "kind": "voice", "url": f"{carriers}/voice", "secret_file": "hook.secret",
             "severities": ["一般", "重要", "紧急"]},
            {"name": "gate", "kind": "webhook", "url": f"{carriers}/gate", "secret_file": "hook.secret"},
        ]  # fmt: skip


def told_by_providers(files: Folder) -> Folder:
    """The county with these routes, and people whom each provider knows."""
    made = dict(files)
    routes = "".join(f"{level} = {json.dumps(ways)}\n" for level, ways in ROUTES.items())
    policy = files["policy.toml"].decode()
    made["policy.toml"] = re.sub(r"(?m)^\[channels\]\n(?:\w+ = .*\n)+", f"[channels]\n{routes}", policy).encode()
    head, *people = files["people.csv"].decode().splitlines()
    assert head == "id,name,phone,unit,wechat"
    lines = [f"{head},wecom", *(_known(line) for line in people)]
    made["people.csv"] = ("\n".join(lines) + "\n").encode()
    return made


def _known(line: str) -> str:
    identity, name, phone, unit, _ = line.split(",")
    return ",".join([identity, name, phone.removeprefix("'+999"), unit, f"o-{identity}", f"w-{identity}"])
