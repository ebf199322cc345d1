"""The settings as they stand now; some may change while the program runs."""

from config.settings import Settings


class Present:
    """Calling it gives the settings, frozen; a change replaces them whole."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self) -> Settings:
        return self._settings

    def become(self, settings: Settings) -> None:
        """From now on these hold; what a call under way has read stays as it was read."""
        self._settings = settings
