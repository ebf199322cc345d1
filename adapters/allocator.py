"""How the C library hands out memory to threads."""

import ctypes

M_ARENA_MAX = -8  # glibc's malloc.h
ARENAS = 2


def share_arenas() -> bool:
    """Let all threads that come take their memory from a few pools; call it before they do.

    glibc makes up to eight a core, and each keeps the most that any thread of its own ever took at
    once: a turn has two threads, so that in time every pool has been through the largest. Python's
    own lock lets one thread in at a time; they do not get into each other's way here.

    Returns:
        False where the C library is another one and has nothing to be told.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(M_ARENA_MAX, ARENAS))
