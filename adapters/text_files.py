"""Whether tantivy's files are as they were written, and what it does when they are not."""

import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from typing_extensions import override

_END = struct.Struct("<II")  # the length of the footer's JSON, and a number that tantivy knows
_MAGIC = 1337


def as_written(files: Path) -> bool:
    """Whether every file of the last commit is there with the checksum that it ends with.

    The footer is tantivy's own (index format 7); its Python package has no way to ask.
    """
    try:
        return all(_is_as_written(path) for path in _committed(files))
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return False


def ensure_as_written(files: Path) -> None:
    """Raise ValueError if a file is damaged or missing."""
    if not as_written(files):
        raise ValueError(f"A file in {files} is not as it was written.")


def panics_told() -> AbstractContextManager[None]:
    """Tell a panic as ValueError: its class derives from BaseException and can't be imported."""
    return _Panics()


class _Panics(AbstractContextManager[None]):
    @override
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None and kind.__module__ == "pyo3_runtime":
            raise ValueError(f"tantivy broke off: {error}") from error


def _committed(files: Path) -> Iterator[Path]:
    meta = json.loads((files / "meta.json").read_bytes())
    for segment in meta["segments"]:
        name = segment["segment_id"].replace("-", "")
        yield files / f"{name}.idx"
        yield from files.glob(f"{name}.*")


def _is_as_written(path: Path) -> bool:
    written = path.read_bytes()
    length, magic = _END.unpack(written[-_END.size :])
    footer = written[-_END.size - length : -_END.size]
    body = memoryview(written)[: -_END.size - length]
    return bool(magic == _MAGIC and zlib.crc32(body) == json.loads(footer)["crc"])
