"""What can go wrong with a model, a picture, a video or a file of spots; each says whether trying again helps."""

from __future__ import annotations


class DetectError(Exception):
    """Base of the room's errors; the text names what is wrong and the cure."""

    retry = False


class BadModel(DetectError):
    """The model file cannot be used; another file is needed."""


class NoRuntime(BadModel):
    """What would run the model is not installed here; the text names the extra."""


class BadPicture(DetectError):
    """The bytes are not a whole picture; the picture must be taken or copied again."""


class BadVideo(DetectError):
    """The video or stream cannot be read (any further); ``retry`` tells a silent camera from a broken file."""

    def __init__(self, text: str, *, retry: bool = False) -> None:
        super().__init__(text)
        self.retry = retry


class BadSpots(DetectError):
    """The file of spots names something that cannot be watched."""
