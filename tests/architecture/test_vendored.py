"""What other people wrote and the page uses is exactly what its manifest says."""

import hashlib
import json
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
FILES = json.loads((WEB / "vendor" / "MANIFEST.json").read_text(encoding="utf-8"))["files"]


def test_every_vendored_file_has_the_sha256_that_the_manifest_names() -> None:
    found = {f["file"]: hashlib.sha256((WEB / f["file"]).read_bytes()).hexdigest() for f in FILES}

    assert found == {f["file"]: f["sha256"] for f in FILES}


def test_every_vendored_file_comes_with_its_licence() -> None:
    for file in FILES:
        assert (WEB / file["licence_file"]).read_text(encoding="utf-8").strip(), file["file"]
