"""The one back-test that may run: started, asked how far it is, ended. The server goes on answering meanwhile."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from screen.county.backtest import Task, work
from screen.county.policy_shapes import BacktestShown

LONGEST_S = 1800.0  # then it is ended: a draft that takes so long is tried on fewer days


class Busy(RuntimeError):
    """Another back-test runs; the text says whose."""


class Backtests:
    """Holds the back-test of one server; safe to share by threads."""

    def __init__(self, run: Callable[[Task, Connection], None] = work, longest_s: float = LONGEST_S) -> None:
        self._run, self._longest_s = run, longest_s
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._shown = BacktestShown(state="none")

    def start(self, task: Task, author: str, days: int) -> BacktestShown:
        """Start one; ``Busy`` while another runs."""
        with self._lock:
            if self._process is not None:
                raise Busy(f"{self._shown.author} 的回放还在进行，一次只能跑一个；请稍等或先取消")
            context = multiprocessing.get_context("spawn")
            mine, theirs = context.Pipe(duplex=False)
            self._process = context.Process(target=self._run, args=(task, theirs), name="backtest", daemon=True)
            self._process.start()
            theirs.close()
            self._shown = BacktestShown(state="running", author=author, days=days)
            args = (self._process, mine)
            threading.Thread(target=self._listen, args=args, name="backtest-listen", daemon=True).start()
            return self._shown

    def shown(self) -> BacktestShown:
        """How it stands."""
        with self._lock:
            return self._shown

    def cancel(self) -> BacktestShown:
        """End it; nothing happens where none runs."""
        with self._lock:
            if self._process is not None:
                self._end(state="cancelled", words="已取消")
            return self._shown

    def close(self) -> None:
        """End whatever runs, when the server ends."""
        self.cancel()

    def _listen(self, process: BaseProcess, said: Connection) -> None:
        until = time.monotonic() + self._longest_s
        try:
            while self._heard(process, *self._next(said, until)):
                pass
        finally:
            said.close()
            process.join(5)

    def _next(self, said: Connection, until: float) -> tuple[str, Any]:
        try:
            if said.poll(max(0.0, until - time.monotonic())):
                word, value = said.recv()
                return word, value
            return "failed", "回放太久，已停止；请选少一些天数"
        except (EOFError, OSError):
            return "failed", "回放中途结束（可能内存不够）；请选少一些天数"

    def _heard(self, process: BaseProcess, word: str, value: Any) -> bool:
        """Take one word down; False when it was the last, or nobody waits for it any more."""
        with self._lock:
            if self._process is not process:
                return False
            if word == "progress":
                self._shown = self._shown.model_copy(update={"progress": float(value)})
                return True
            if word == "done":
                self._end(state="done", progress=1.0, **value)
            else:
                self._end(state="failed", words=str(value))
            return False

    def _end(self, **more: Any) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
        head = self._shown.model_dump(include={"author", "days", "progress"})
        self._shown = BacktestShown.model_validate({**head, **more})
