"""A rendered scene as a camera: it plays a script, and a world file may say what really lies there by now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edge.scenes.play import Play, SceneError, Script, Step, World, load_scene, script_of
from edge.scenes.scene import HOME
from edge.settings import RenderedSource
from edge.sources import Frame, SourceFailed, Surroundings


class Rendered:
    """One of the scenes that ship; the script's clock starts at ``begun`` and runs ``speed`` times as fast."""

    kind = "rendered"
    rendered = True

    def __init__(self, name: str, settings: RenderedSource, around: Surroundings) -> None:
        self.name = name
        self._settings = settings
        self._around = around

    def frames(self) -> Iterator[Frame]:
        """Yield a picture ``fps`` times a second for ever; ``SourceFailed`` when scene or script cannot be played."""
        play = self._play()
        while True:
            now = self._around.now()
            seconds = (now - self._around.begun).total_seconds() * self._settings.speed
            yield Frame(play.frame_at(max(0.0, seconds)), now, self._around.clock)
            if self._around.wait(1 / self._settings.fps):
                return

    def _play(self) -> Play:
        try:
            scene = load_scene(Path(HOME) / self._settings.scene)
            told = self._settings.script
            script = script_of(told, f"{self.name}: script") if told else Script((Step(0.0, {}),))
            return Play(scene, script, World(self._settings.world) if self._settings.world else None)
        except SceneError as problem:
            raise SourceFailed(f"{self.name}: {problem}", retry=False) from problem
