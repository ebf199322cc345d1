"""The C library's pools of memory, as the library itself counts them."""

import platform
import subprocess
import sys

import pytest

CROWD = """
import ctypes, sys
from threading import Barrier, Thread
from adapters.allocator import share_arenas
if "shared" in sys.argv:
    assert share_arenas()
together = Barrier(13)
def take():
    kept = bytearray(100_000)
    together.wait()
for _ in range(12):
    Thread(target=take).start()
together.wait()
ctypes.CDLL(None).malloc_stats()
"""


def arenas(*how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", CROWD, *how], capture_output=True, text=True, check=True
    )
    return done.stderr.count("Arena ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of another C library")
def test_a_crowd_of_threads_shares_two_pools_of_memory() -> None:
    assert arenas("shared") == 2 < arenas()
