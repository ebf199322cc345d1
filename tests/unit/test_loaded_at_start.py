"""What is heavy, and optional, waits for whoever asks for it."""

import subprocess
import sys

from tests.application import CHECKOUT

HEAVY = {"anthropic", "openai", "sentence_transformers", "spacy", "torch", "xllamacpp"}


def test_the_program_starts_without_what_only_some_models_need() -> None:
    script = "import main, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert HEAVY.isdisjoint(done.stdout.split())
