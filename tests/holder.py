"""A process of its own that keeps the embedded servers; tests kill it.

Usage: python -m tests.holder DATA_DIR [ACCOUNT]
Prints `ready` when the servers answer. With ACCOUNT it gives up root for that account first.
"""

import os
import pwd
import signal
import sys
import threading
from pathlib import Path

from adapters.account import find_home
from adapters.embedded import PostgresServer, ValkeyServer, running
from adapters.exclusive import hold
from cns.errors import MiraError


def main(data_dir: Path) -> None:
    told_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_stop.set())
    home = find_home(data_dir, explicit=True)
    with hold(home.data_dir), running(PostgresServer(home), ValkeyServer(home)):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        told_to_stop.wait()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        entry = pwd.getpwnam(sys.argv[2])
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    try:
        main(Path(sys.argv[1]))
    except MiraError as error:
        sys.stdout.write(f"{type(error).__name__}: {error.detail}\n")
        sys.exit(2)
