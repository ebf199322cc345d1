"""Tiny packages, and an index on this machine that offers them."""

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Index:
    """Package indexes side by side, each a folder, and what has been asked of them."""

    folder: Path
    url: str
    asked: list[str] = field(default_factory=list)

    def offer(self, index: str, name: str, version: str) -> str:
        """Put a package into one of the indexes; its sha256."""
        folder = self.folder / index / name
        folder.mkdir(parents=True, exist_ok=True)
        return _write_wheel(folder, name, version)


@contextmanager
def serving(folder: Path) -> Iterator[Index]:
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        @override
        def log_message(self, format: str, *args: object) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Index(folder, f"http://127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()
            thread.join()


def _write_wheel(folder: Path, name: str, version: str) -> str:
    info = f"{name}-{version}.dist-info"
    tags = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    parts = {
        f"{name}/__init__.py": f'__version__ = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": tags,
    }
    parts[f"{info}/RECORD"] = "".join(f"{part},,\n" for part in [*parts, f"{info}/RECORD"])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for part, content in parts.items():
            archive.writestr(zipfile.ZipInfo(part), content)  # without a time: always the same
    return hashlib.sha256(wheel.read_bytes()).hexdigest()
