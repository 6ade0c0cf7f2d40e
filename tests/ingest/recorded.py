"""Voice notes as phones record them, made here: WebM and Ogg with Opus, MP4 with AAC, whole or in fragments."""

from __future__ import annotations

import io
from functools import cache

import av
import numpy as np

RATE = 48_000
FORMS = {"audio/webm": ("webm", "libopus"), "audio/ogg": ("ogg", "libopus"), "audio/mp4": ("mp4", "aac")}


@cache
def recorded(kind: str, seconds: float = 2.0, fragments: bool = False) -> bytes:
    """A tone of so many seconds in the container of a media type."""
    form, codec = FORMS[kind]
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if fragments else {}
    file = io.BytesIO()
    with av.open(file, "w", format=form, options=options) as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 24_000
        wave = np.sin(np.arange(int(seconds * RATE)) * 2 * np.pi * 440 / RATE).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave[np.newaxis, :] * 0.2, format="fltp", layout="mono")
        frame.rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def with_video() -> bytes:
    """An MP4 clip: a picture track and no sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return file.getvalue()
