"""Waiting for something to come true, with an end to the patience."""

import time
from collections.abc import Callable


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Return as soon as it holds.

    Raises:
        TimeoutError: it did not within the time.
    """
    give_up_at = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"it did not come true within {seconds} s")
        time.sleep(0.005)
