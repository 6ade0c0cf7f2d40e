"""Writes notices to a stream: for the demo and for a county that has no other channel yet."""

from __future__ import annotations

from typing import TextIO

from alerts.channels import Answer, By, Letter, Result
from broker.journal import covered


class Console:
    """One line a letter."""

    by = By.NOBODY

    def __init__(self, stream: TextIO) -> None:
        """Write to this stream; closing it stays with its owner."""
        self._stream = stream

    def send(self, letter: Letter) -> Answer:
        """Write the letter and its person; its link, which is a key, only where a person looks on, not into a log."""
        try:
            text = letter.text if self._stream.isatty() else covered(letter.text)
            self._stream.write(f"通知 → {letter.person} {letter.number} {text}\n")
            self._stream.flush()
        except OSError as fault:
            return Answer(Result.RETRY, words=f"控制台写不进去:{fault}")
        return Answer(Result.DELIVERED)

    def close(self) -> None:
        """Leave the stream open: it belongs to the program."""
