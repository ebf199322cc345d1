"""What psycopg2's exceptions mean to MIRA."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errors
from psycopg2.pool import PoolError

from cns.errors import Conflict, MiraError, StoreUnavailable

# The vendor's exceptions and ours; the first that fits counts.
TABLE: tuple[tuple[type[psycopg2.Error], type[MiraError], str, str], ...] = (
    (
        errors.DiskFull,
        StoreUnavailable,
        "disk_full",
        "The disk is full: nothing was stored. Free some space, then try again.",
    ),
    (
        errors.QueryCanceled,
        StoreUnavailable,
        "store_unavailable",
        "The database took too long over one statement and was stopped. Try again.",
    ),
    (
        errors.UniqueViolation,
        Conflict,
        "conflict",
        "Someone stored the same thing first. Reload, then try again.",
    ),
    (
        errors.SerializationFailure,
        Conflict,
        "conflict",
        "Someone changed it at the same moment. Reload, then try again.",
    ),
    (
        errors.DeadlockDetected,
        Conflict,
        "conflict",
        "Two changes waited for each other and this one was given up. Try again.",
    ),
    (
        psycopg2.OperationalError,
        StoreUnavailable,
        "store_unavailable",
        "The database cannot be reached now. Try again in a moment.",
    ),
    (
        psycopg2.InterfaceError,
        StoreUnavailable,
        "store_unavailable",
        "The connection to the database was lost. Try again.",
    ),
    (
        PoolError,
        StoreUnavailable,
        "store_unavailable",
        "The connections to the database are closed: MIRA is stopping.",
    ),
)


def explained(error: psycopg2.Error) -> MiraError | None:
    """Our word for a vendor's exception; None for a mistake in our own SQL."""
    for vendor, ours, code, detail in TABLE:
        if isinstance(error, vendor):
            return ours(detail, code=code)
    if type(error) is psycopg2.DatabaseError:  # libpq's word for an answer cut short
        return StoreUnavailable("The database broke off its answer. Try again.")
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Within it psycopg2's exceptions become ours."""
    try:
        yield
    except psycopg2.Error as error:
        ours = explained(error)
        if ours is None:
            raise
        raise ours from error
