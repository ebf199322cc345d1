"""MIRA as `main.py` runs it, with the tools of `tests/fakes/tools` beside its own.

Usage: python -m tests.slow_house
"""

import sys
from pathlib import Path

import tools.implementations
from main import main

tools.implementations.__path__.append(str(Path(__file__).parent / "fakes" / "tools"))

if __name__ == "__main__":
    sys.exit(main(()))
