"""Why a file is no voice note."""


class NoVoice(ValueError):
    """The bytes do not hold what their container promises, or hold more than sound."""
