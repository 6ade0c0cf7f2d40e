"""``jingcun dead-letters …``: what was not let in, why, and how to hand it in again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from ingest.dead_letters import DeadLetter, DeadLetters

app = typer.Typer(no_args_is_help=True, help="Messages that were refused: list, look, fix and replay.")
Number = Annotated[int, typer.Argument(help="Number of the letter, as `list` shows it.")]
REPLAY_PATIENCE_S = 15.0


@contextmanager
def _letters(config: Path) -> Iterator[DeadLetters]:
    from ingest.dead_letters import DeadLetters, NoSuchLetter
    from ingest.store import StoreAway

    with one_line_errors(StoreAway, NoSuchLetter), closing(DeadLetters(load(config).store("inbox"))) as letters:
        yield letters


@app.command("list")
def list_(
    config: Config = SERVER_TOML,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest letters: number, time, device, how often, reason."""
    with _letters(config) as letters:
        for letter in letters.list(limit):
            if as_json:
                put_json(_facts(letter))
            else:
                print(f"{letter.id:>6}  {letter.at:%Y-%m-%d %H:%M:%S}  {letter.device or '-':<16} {letter.times:>4}×  "
                      f"{letter.reason}{_fate(letter)}")  # fmt: skip


@app.command()
def show(number: Number, config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Show one letter with its bytes."""
    with _letters(config) as letters:
        letter = letters.get(number)
    facts = _facts(letter) | {"payload": letter.payload.decode("utf-8", "backslashreplace")}
    if as_json:
        put_json(facts)
        return
    for name, value in facts.items():
        print(f"{name}: {value}")


@app.command()
@noted("letter")
def replay(
    number: Number,
    config: Config = SERVER_TOML,
    payload: Annotated[Path | None, typer.Option(help="A file with the corrected message.")] = None,
) -> None:
    """Hand a letter in again (corrected, if a file is given) and say what the running ingest made of it."""
    with _letters(config) as letters:
        letters.replay(number, datetime.now(UTC), payload.read_bytes() if payload else None)
        deadline = time.monotonic() + REPLAY_PATIENCE_S
        while (result := letters.get(number).replay_result) is None and time.monotonic() < deadline:
            time.sleep(0.2)
    if result is None:
        print("asked for; no ingest took it up yet (is `jingcun ingest` running?)")
        raise typer.Exit(1)
    print(result or "stored")
    raise typer.Exit(1 if result else 0)


def _facts(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id, "at": letter.at.isoformat(), "device": letter.device, "topic": letter.topic,
        "reason": letter.reason, "times": letter.times, "replay_result": letter.replay_result,
    }  # fmt: skip


def _fate(letter: DeadLetter) -> str:
    if letter.replay_result is None:
        return ""
    return "  [replayed: stored]" if letter.replay_result == "" else f"  [replayed: {letter.replay_result}]"
