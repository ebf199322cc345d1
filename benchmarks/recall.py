"""How well recall finds what answers a question, beside plain baselines.

Run it with `.venv/bin/python -m benchmarks.recall [--locomo FILE]`. Without a file it asks the
questions of the set of this project's own (benchmarks/data/year). FILE is a split of LoCoMo in
the form {"conversations": [{"id", "messages", "questions"}]}; it never becomes part of the
project. Each of its conversations goes into a MIRA with a data directory of its own, by
`POST /api/import`, and is asked by `GET /api/search`. No language model is asked.
"""

import argparse
from pathlib import Path

from adapters.embedded import PostgresServer, running
from benchmarks import locomo, year_recall
from tests.servers import CARELESS, temporary_home, with_template


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", type=Path, help="a split of LoCoMo")
    parser.add_argument("--ranked", type=Path, help="also write ours as JSON Lines, for scoring")
    parser.add_argument("--json", type=Path, help="also write the figures of the own set")
    arguments = parser.parse_args()
    if arguments.locomo is not None:
        locomo.main(arguments.locomo, arguments.ranked)
        return
    with temporary_home() as home:
        server = PostgresServer(home, CARELESS)
        with running(server):
            year_recall.main(with_template(home, server), arguments.json)


if __name__ == "__main__":
    main()
