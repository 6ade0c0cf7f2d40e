"""The contract, written from the code: docs/contract.md, docs/asyncapi.yaml, docs/schemas/*.json.

``python -m broker.document`` writes them; ``--check`` writes nothing and ends with 1 when one of them is stale.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from broker import downward, messages, topics
from broker.parse import MAX_PAYLOAD

DOCS = Path(__file__).resolve().parent.parent / "docs"
DEVICE_TOPIC = f"{topics.ROOT}/{{county}}/{{township}}/{{village}}/{{device}}"
DOOR_TOPIC = f"{topics.ROOT}/{{county}}/door"

Json = dict[str, Any]


def pages() -> dict[str, str]:
    """Return every generated file: its path below docs/ and its text."""
    made = {f"schemas/{kind}.json": json.dumps(schema(kind), indent=2) + "\n" for kind in _kinds()}
    made["asyncapi.yaml"] = "\n".join(_yaml(asyncapi())) + "\n"
    made["contract.md"] = contract()
    return made


def stale(folder: Path = DOCS) -> list[str]:
    """Return the generated files that are missing, differ from the code, or belong to no message any more."""
    wanted = pages()
    wrong = [name for name, text in wanted.items() if _read(folder / name) != text]
    orphans = [f"schemas/{path.name}" for path in (folder / "schemas").glob("*.json")]
    return sorted(wrong + [name for name in orphans if name not in wanted])


def write(folder: Path = DOCS) -> None:
    """Write every generated file and remove the schemas of messages that are gone."""
    for name in stale(folder):
        (folder / name).unlink(missing_ok=True)
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def schema(kind: str) -> Json:
    """Return the JSON Schema (2020-12) of one kind, as it travels."""
    model = _kinds()[kind]
    made = model.model_json_schema(by_alias=True, mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:jingcun:v1:{kind}"}
    return head | made


def asyncapi() -> Json:
    """Return the AsyncAPI 3 document: a channel and an operation per kind."""
    channels: Json = {}
    operations: Json = {}
    for kind in _kinds():
        channels[kind] = {
            "address": DOOR_TOPIC if kind == "door" else f"{DEVICE_TOPIC}/{kind}",
            "parameters": _parameters(kind),
            "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        }
        operations[f"{_verb(kind)}-{kind}"] = {
            "action": _verb(kind),
            "channel": {"$ref": f"#/channels/{kind}"},
            "messages": [{"$ref": f"#/channels/{kind}/messages/{kind}"}],
            "bindings": {"mqtt": {"qos": 1, "retain": kind in {"door", "config", "status"}}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "jingcun on the wire",
            "version": f"{messages.SCHEMA}.0.0",
            "description": "Written from the code by python -m broker.document, from the server's point of view.",
            "license": {"name": "AGPL-3.0-or-later"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": {kind: _message(kind) for kind in _kinds()}},
    }


def contract() -> str:
    """Return the page for people: topics, rules, and each message with its fields."""
    parts = [_INTRO.format(root=topics.ROOT, limit=MAX_PAYLOAD, chunk=messages.CHUNK_BYTES)]
    for title, kinds in (
        ("Up, receipted", sorted(topics.RECEIPTED)),
        ("Up, latest value only", sorted(topics.LATEST)),
        ("Down", [*sorted(topics.DOWN), "door"]),
    ):
        parts.append(f"## {title}\n")
        parts += [_section(kind) for kind in kinds]
    parts.append("## Values inside messages\n")
    parts += [_table(name, body) for name, body in sorted(_definitions().items())]
    return "\n".join(parts)


def _kinds() -> dict[str, type[messages.Frozen]]:
    return {**messages.UPWARD, **downward.DOWNWARD}


def _verb(kind: str) -> str:
    return "receive" if kind in topics.UP else "send"


def _parameters(kind: str) -> Json:
    about = {
        "county": "county code, 6 digits",
        "township": "township code, 9 digits, or - for a device without a village",
        "village": "village code, 12 digits, or -",
        "device": "device id: letters, digits, _ . -",
    }
    names = ["county"] if kind == "door" else list(about)
    return {name: {"description": about[name]} for name in names}


def _message(kind: str) -> Json:
    made: Json = {"name": kind, "summary": _first_line(schema(kind)), "payload": {"$ref": f"./schemas/{kind}.json"}}
    if kind in topics.RECEIPTED:
        made["correlationId"] = {
            "description": "the 16 bytes of message_id, in the MQTT 5 correlation data",
            "location": "$message.payload#/message_id",
        }
    return made


def _first_line(body: Json) -> str:
    return str(body.get("description", "")).strip().split("\n", maxsplit=1)[0]


def _definitions() -> dict[str, Json]:
    found: dict[str, Json] = {}
    for kind in _kinds():
        found |= schema(kind).get("$defs", {})
    return found


def _section(kind: str) -> str:
    place = f"`{DOOR_TOPIC}`" if kind == "door" else f"`…/{kind}`"
    return _table(f"{kind} · {place} · [schema](schemas/{kind}.json)", schema(kind))


def _table(title: str, body: Json) -> str:
    words = " ".join(str(body.get("description", "")).split())
    if "enum" in body:
        return f"### {title}\n\n{words}\n\nOne of: {', '.join(f'`{one}`' for one in body['enum'])}.\n"
    needed = body.get("required", [])
    rows = [
        f"| `{name}` | {_type(field)} | {'yes' if name in needed else _default(field)} |"
        for name, field in body.get("properties", {}).items()
    ]
    return "\n".join([f"### {title}", "", words, "", "| field | type | needed |", "|---|---|---|", *rows, ""])


def _type(field: Json) -> str:
    """Say a field's type in a few words, with its bounds."""
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"])
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    words = str(field.get("format") or field.get("type", "any"))
    bounds = [f"{sign} {field[key]}" for key, sign in _BOUNDS if key in field]
    return " ".join([words, *bounds])


_BOUNDS = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("maxLength", "length ≤"))


def _default(field: Json) -> str:
    default = field.get("default")
    return "no" if default in (None, "", []) else f"no: `{json.dumps(default)}`"


def _yaml(value: Any, indent: int = 0) -> list[str]:
    """Write plain data as YAML: block style, every scalar as JSON (which YAML reads)."""
    space = "  " * indent
    if isinstance(value, dict) and value:
        return [line for key, inner in value.items() for line in _entry(f"{space}{json.dumps(key)}:", inner, indent)]
    if isinstance(value, list) and value:
        return [line for inner in value for line in _entry(f"{space}-", inner, indent)]
    return [space + json.dumps(value, ensure_ascii=False)]


def _entry(head: str, value: Any, indent: int) -> list[str]:
    if isinstance(value, dict | list) and value:
        return [head, *_yaml(value, indent + 1)]
    return [f"{head} {json.dumps(value, ensure_ascii=False)}"]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


_INTRO = """\
# The contract on the wire

Written from the code by `python -m broker.document`; do not edit. Machines read [asyncapi.yaml](asyncapi.yaml) and
the JSON Schemas in [schemas/](schemas).

- MQTT 5, JSON in UTF-8, QoS 1. Topics: `{root}/{{county6}}/{{township9}}/{{village12}}/{{device}}/{{kind}}`, and
  `{root}/{{county6}}/door`, retained. A device without a village (a truck) writes `-` for township and village.
- Every receipted message carries the 16 bytes of its `message_id` (UUIDv7) as MQTT 5 correlation data, so that even a
  garbled payload gets a receipt. It is sent again, with the same id, until a receipt names it: stored, duplicate or
  refused. A PUBACK is no receipt.
- At most 32 messages of one connection wait for a receipt. Pictures and clips travel on a second connection
  (`<client id>-bulk`, same user name) in chunks of at most {chunk} bytes.
- A payload is at most {limit} bytes. The sender refuses what is larger than the smaller of its own limit and the
  broker's Maximum Packet Size; it never sends it.
- Unknown fields are ignored; an unknown `schema` number is refused into the dead letters.
- Times carry their zone (ISO 8601); `clock` says what stood behind them. Bytes are base64 (both alphabets are read).
  Coordinates carry their CRS. A value that was not measured is left out, never 0.
- The device in the message equals the device in the topic. The registry decides what it is and where it stands.
- The door: absent means open; shut stops the receipted kinds only.
"""


def main() -> None:
    """Write the documents, or check them."""
    parser = argparse.ArgumentParser(prog="python -m broker.document", description="Write the contract's documents")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    if parser.parse_args().check:
        wrong = stale()
        if wrong:
            sys.exit(f"stale: {', '.join(wrong)}: run python -m broker.document")
        return
    write()


if __name__ == "__main__":
    main()
