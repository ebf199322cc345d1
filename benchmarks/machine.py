"""On what a figure was measured."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

PARTS = ("tantivy", "onnxruntime", "pgvector", "numpy")


def described() -> Mapping[str, str]:
    """The machine and the versions of what does the work."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "load": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        **{part: version(part) for part in PARTS},
    }


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
