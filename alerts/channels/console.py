"""Writes notices to a stream: for the demo and for a county that has no other channel yet."""

from __future__ import annotations

from typing import TextIO

from alerts.channels import Answer, Letter, Result


class Console:
    """One line a letter."""

    def __init__(self, stream: TextIO) -> None:
        """Write to this stream; closing it stays with its owner."""
        self._stream = stream

    def send(self, letter: Letter) -> Answer:
        """Write the letter, who it is for, and its link."""
        try:
            self._stream.write(f"通知 → {letter.person} {letter.number} {letter.text}\n")
            self._stream.flush()
        except OSError as fault:
            return Answer(Result.RETRY, words=f"控制台写不进去:{fault}")
        return Answer(Result.DELIVERED)

    def close(self) -> None:
        """Leave the stream open: it belongs to the program."""
