"""What the models that are loaded when first used take of memory, each in a process of its own."""

import subprocess
import sys

EMBEDDING = (
    """
from adapters.embeddings import OnnxEmbedder
from adapters.models import minilm_onnx, minilm_tokenizer
model = OnnxEmbedder(minilm_onnx(), minilm_tokenizer())
""",
    "model.warm()",
)
NAMES = (
    """
from adapters.names import SpacyNames
model = SpacyNames()
""",
    "model.find('Anna met her brother Tom in Leeds on Tuesday, and they flew to Oslo.')",
)
SCRIPT = """
from os import getpid
from adapters.allocator import share_arenas
from benchmarks.processes import pss
share_arenas()
{ready}
before = pss(getpid())
{used}
print(pss(getpid()) - before)
"""


def taken(model: tuple[str, str]) -> float:
    """MiB, of memory that is held once it was used."""
    ready, used = model
    script = SCRIPT.format(ready=ready, used=used)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - own words
    return float(done.stdout)
