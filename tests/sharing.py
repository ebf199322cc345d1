"""How tests are shared out between processes: file by file, all of the page's to one of them."""

from typing import cast

from xdist.scheduler import LoadFileScheduling


class OneBrowser(LoadFileScheduling):  # type: ignore[misc]  # xdist brings no types
    """Two browsers at once outrun two cores."""

    def _split_scope(self, nodeid: str) -> str:
        file = cast("str", super()._split_scope(nodeid))
        return "tests/browser" if file.startswith("tests/browser/") else file
