"""Files that wait to be imported, in a folder of the data directory."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cns.errors import Unavailable
from cns.import_ports import Order

_WHOLE = ".import"
_PART = ".part"


class FolderOfParcels:
    """Implements `cns.import_ports.Parcels`: a file each, the order beside it, both or none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for unfinished in folder.glob(f"*{_PART}"):
            unfinished.unlink()

    def keep(self, job_id: UUID, order: Order, content: BinaryIO) -> None:
        part = self._folder / f"{job_id}{_PART}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with part.open("wb") as kept:
                shutil.copyfileobj(content, kept, 1 << 20)
                kept.flush()
                os.fsync(kept.fileno())
            self._order(job_id).write_text(json.dumps(asdict(order)), encoding="utf-8")
            part.rename(self._content(job_id))
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
                self._order(job_id).unlink(missing_ok=True)
            raise Unavailable(
                f"The file cannot be kept in {self._folder}: {error.strerror}. Make room there, and"
                " import it again."
            ) from error

    def waiting(self) -> Iterator[tuple[UUID, Order]]:
        for path in sorted(self._folder.glob(f"*{_WHOLE}")):
            job_id = UUID(path.stem)
            yield job_id, Order(**json.loads(self._order(job_id).read_text(encoding="utf-8")))

    @contextmanager
    def open(self, job_id: UUID) -> Iterator[BinaryIO]:
        with self._content(job_id).open("rb") as content:
            yield content

    def drop(self, job_id: UUID) -> None:
        self._content(job_id).unlink(missing_ok=True)
        self._order(job_id).unlink(missing_ok=True)

    def _content(self, job_id: UUID) -> Path:
        return self._folder / f"{job_id}{_WHOLE}"

    def _order(self, job_id: UUID) -> Path:
        return self._folder / f"{job_id}.json"
