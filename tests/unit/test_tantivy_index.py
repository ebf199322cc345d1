"""What is the tantivy index's own: its files, their damage and their rebuilding."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as some

from adapters.text_files import as_written
from adapters.text_index import TantivyIndex
from cns.errors import StoreUnavailable, Unavailable
from lt_memory.domain.stem import stem
from lt_memory.ports import TextItem, TextQuery
from tests.fakes.text_source import FakeTextSource

LONG = timedelta(seconds=20)
SPRING = datetime(2026, 4, 1, tzinfo=UTC)


def item(text: str) -> TextItem:
    return TextItem(kind="memory", id=uuid4(), text=text, instants=(SPRING,))


def asked(text: str) -> TextQuery:
    return TextQuery(text=text, kinds=frozenset({"memory"}), limit=10)


def found(index: TantivyIndex, text: str) -> int:
    return len(index.search(asked(text)))


def dictionaries_hold(folder: Path, word: str) -> bool:
    """Whether a word stands in the files, deleted or not: counts of documents say so."""
    searcher = tantivy.Index.open(str(folder / "files")).searcher()
    return bool(searcher.doc_freq("words", stem(word)))


def dictionaries(folder: Path) -> set[Path]:
    return set((folder / "files").glob("*.term"))


def build(folder: Path, source: FakeTextSource) -> None:
    with TantivyIndex(folder, source) as index:
        assert index.catch_up(LONG)


def test_a_new_index_says_that_it_is_being_built(tmp_path: Path) -> None:
    with (
        TantivyIndex(tmp_path / "index", FakeTextSource([item("a boat")])) as index,
        pytest.raises(Unavailable, match="being rebuilt"),
    ):
        index.search(asked("boat"))


def test_a_new_index_is_built_from_the_database(tmp_path: Path) -> None:
    with TantivyIndex(tmp_path / "index", FakeTextSource([item("a boat")])) as index:
        assert index.catch_up(LONG)
        assert found(index, "boat") == 1


def test_an_index_outlives_the_program(tmp_path: Path) -> None:
    build(tmp_path / "index", FakeTextSource([item("a boat")]))
    with TantivyIndex(tmp_path / "index", FakeTextSource()) as index:
        assert found(index, "boat") == 1


def _cut_segments(folder: Path) -> None:
    for path in (folder / "files").glob("*.term"):
        path.write_bytes(path.read_bytes()[:10])


def _spoil_meta(folder: Path) -> None:
    (folder / "files" / "meta.json").write_text("{")


def _lose_mark(folder: Path) -> None:
    (folder / "complete").unlink()


def _age(folder: Path) -> None:
    (folder / "complete").write_text("0")


@pytest.mark.parametrize("harm", [_cut_segments, _spoil_meta, _lose_mark, _age])
def test_a_harmed_or_outdated_index_is_made_anew(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    source = FakeTextSource([item("a boat")])
    build(tmp_path / "index", source)
    harm(tmp_path / "index")
    with TantivyIndex(tmp_path / "index", source) as index:
        with pytest.raises(Unavailable):
            found(index, "boat")
        assert index.catch_up(LONG)
        assert found(index, "boat") == 1


def test_a_rebuild_goes_on_where_its_time_ran_out(tmp_path: Path) -> None:
    source = FakeTextSource([item(f"boat {n}") for n in range(1200)])
    with TantivyIndex(tmp_path / "index", source) as index:
        rounds = 1
        while not index.catch_up(timedelta(0)):
            rounds += 1
        assert rounds == 4  # three pages, and the end
        assert (
            len(index.search(TextQuery(text="boat", kinds=frozenset({"memory"}), limit=2000)))
            == 1200
        )


def test_a_rebuild_that_the_database_breaks_off_begins_anew(tmp_path: Path) -> None:
    source = FakeTextSource([item("a boat")])
    with TantivyIndex(tmp_path / "index", source) as index:
        source.lost = True
        with pytest.raises(StoreUnavailable):
            index.catch_up(LONG)
        source.lost = False
        assert index.catch_up(LONG)
        assert found(index, "boat") == 1


def test_what_was_committed_before_a_crash_is_taken_in_again_without_harm(tmp_path: Path) -> None:
    source = FakeTextSource()
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        source.put(item("a boat"))
        batch = source.pending(10)
        index._write(batch.items)
        index._commit()
        assert index.catch_up(LONG)
        assert found(index, "boat") == 1


def test_deleted_words_leave_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    source = FakeTextSource()
    secret, kept = item("xylophonist"), item("a boat")
    source.put(secret)
    source.put(kept)
    with TantivyIndex(folder, source) as index:
        assert index.catch_up(LONG)
        source.remove(secret)
        assert index.catch_up(LONG)
        before = dictionaries(folder)
        assert dictionaries_hold(folder, "xylophonist")
        assert index.purge()
        assert not dictionaries_hold(folder, "xylophonist")
        assert before.isdisjoint(dictionaries(folder))
        assert found(index, "boat") == 1


def test_a_purge_that_was_due_is_made_up_after_a_restart(tmp_path: Path) -> None:
    source = FakeTextSource()
    secret = item("xylophonist")
    source.put(secret)
    source.put(item("a boat"))
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        source.remove(secret)
        assert index.catch_up(LONG)
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.purge()
    assert not dictionaries_hold(tmp_path / "index", "xylophonist")


def test_a_purge_that_the_database_breaks_off_leaves_the_index_whole(tmp_path: Path) -> None:
    source = FakeTextSource()
    gone = item("xylophonist")
    source.put(gone)
    source.put(item("a boat"))
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        source.remove(gone)
        assert index.catch_up(LONG)
        source.lost = True
        with pytest.raises(StoreUnavailable):
            index.purge()
        source.lost = False
        source.put(item("a second boat"))
        assert index.catch_up(LONG)
        assert found(index, "boat") == 2
        assert index.purge()


def test_a_purge_takes_nothing_from_the_commits_after_it(tmp_path: Path) -> None:
    source = FakeTextSource([item(f"boat {n}") for n in range(3)])
    gone = item("xylophonist")
    source.put(gone)
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        source.remove(gone)
        assert index.catch_up(LONG)
        assert index.purge()
        for later in range(4):
            source.put(item(f"another boat {later}"))
            assert index.catch_up(LONG)
            assert found(index, "boat") == 4 + later


STEPS = some.tuples(some.sampled_from(["put", "change", "remove", "purge"]), some.integers(0, 9))


class Followed:
    """An index, and what it must hold."""

    def __init__(self, folder: Path) -> None:
        self.source = FakeTextSource([item(f"boat {n}") for n in range(5)])
        self.index = TantivyIndex(folder, self.source)
        self.held = [each for page in self.source.everything(9) for each in page]

    def step(self, deed: str, which: int) -> None:
        if deed == "purge":
            self.index.purge()
        elif deed == "put" or not self.held:
            self._put(item(f"boat {which}"))
        else:
            each = self.held.pop(which % len(self.held))
            if deed == "remove":
                self.source.remove(each)
            else:
                self._put(replace(each, text=f"boat {which} changed"))
        assert self.index.catch_up(LONG)

    def _put(self, each: TextItem) -> None:
        self.held.append(each)
        self.source.put(each)

    def agrees(self) -> bool:
        hits = self.index.search(replace(asked("boat"), limit=500))
        changed = self.index.search(replace(asked("changed"), limit=500))
        return sorted(hit.id for hit in hits) == sorted(each.id for each in self.held) and {
            hit.id for hit in changed
        } == {each.id for each in self.held if "changed" in each.text}


@given(some.lists(STEPS, min_size=10, max_size=30))
@settings(max_examples=4)
def test_an_index_holds_what_its_source_holds_after_any_deeds(
    steps: Sequence[tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        followed = Followed(Path(folder) / "index")
        with followed.index as index:
            assert index.catch_up(LONG)
            for deed, which in steps:
                followed.step(deed, which)
                assert followed.agrees()


def test_an_index_holds_what_its_source_holds_after_many_commits(tmp_path: Path) -> None:
    deeds = ["put", "change", "put", "remove", "put", "change", "purge"]
    followed = Followed(tmp_path / "index")
    with followed.index as index:
        assert index.catch_up(LONG)
        for number in range(70):
            followed.step(deeds[number % len(deeds)], number)
            assert followed.agrees()


def test_a_rebuild_whose_commit_fails_begins_anew(tmp_path: Path) -> None:
    source = FakeTextSource([item("a boat")])
    with TantivyIndex(tmp_path / "index", source) as index:
        assert not index.catch_up(timedelta(0))
        index._writer = BrokenWriter()
        assert not index.catch_up(LONG)
        assert index.catch_up(LONG)
        assert found(index, "boat") == 1


class BrokenWriter:
    """A writer whose disk is full."""

    def delete_documents_by_term(self, *_: str) -> None: ...

    def add_document(self, _: tantivy.Document) -> None: ...

    def commit(self) -> None:
        raise OSError("no space is left")


def test_a_busy_index_lets_a_search_go_on_after_its_patience(tmp_path: Path) -> None:
    with TantivyIndex(tmp_path / "index", FakeTextSource()) as index:
        assert index.catch_up(LONG)
        index._writing.acquire()
        answers: list[bool] = []
        other = threading.Thread(
            target=lambda: answers.append(index.catch_up(timedelta(milliseconds=20)))
        )
        other.start()
        other.join()
        index._writing.release()
        assert answers == [False]


def test_files_that_another_process_writes_are_left_alone(tmp_path: Path) -> None:
    source = FakeTextSource()
    source.put(item("a boat"))
    with TantivyIndex(tmp_path / "index", source) as first:
        assert first.catch_up(LONG)
        source.put(item("a ship"))
        with TantivyIndex(tmp_path / "index", source) as second:
            assert not second.catch_up(LONG)
            assert found(second, "boat") == 1
        assert first.catch_up(LONG)
        assert found(first, "ship") == 1


def test_damage_met_while_searching_is_said_and_mended(tmp_path: Path) -> None:
    source = FakeTextSource([item("a boat")])
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        index._index = BrokenIndex()
        with pytest.raises(Unavailable, match="damaged"):
            found(index, "boat")
        assert index.catch_up(LONG)
        assert found(index, "boat") == 1


class BrokenIndex:
    """An index whose files cannot be read any more."""

    def searcher(self) -> None:
        raise ValueError("the segment cannot be read")


KINDS_OF_FILES = ("idx", "term", "fieldnorm", "fast", "pos", "store")


def flip(folder: Path, ending: str) -> None:
    """Turn the first bits of what a file holds, so that it stays as long as it was."""
    for path in (folder / "files").glob(f"*.{ending}"):
        held = path.read_bytes()
        path.write_bytes(bytes(255 - byte for byte in held[:4]) + held[4:])


@pytest.mark.parametrize("ending", KINDS_OF_FILES)
def test_a_file_with_other_bytes_is_met_at_the_start(tmp_path: Path, ending: str) -> None:
    source = FakeTextSource([item(f"boat number {n}") for n in range(200)])
    build(tmp_path / "index", source)
    flip(tmp_path / "index", ending)
    assert not as_written(tmp_path / "index" / "files")
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        assert len(index.search(replace(asked("boat"), limit=500))) == 200


def test_an_index_that_is_not_open_agrees_with_nothing(tmp_path: Path) -> None:
    assert not TantivyIndex(tmp_path / "index", FakeTextSource()).agrees()


class PanicException(BaseException):
    """As tantivy's own: no child of Exception, of a module that cannot be imported."""


PanicException.__module__ = "pyo3_runtime"


class PanickingIndex:
    """An index that panics on what it reads."""

    def searcher(self) -> None:
        raise PanicException("range end index out of range")


def test_a_panic_while_searching_is_said_and_mended(tmp_path: Path) -> None:
    source = FakeTextSource([item("a boat")])
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        index._index = PanickingIndex()
        with pytest.raises(Unavailable, match="damaged"):
            found(index, "boat")
        assert index.catch_up(LONG)
        assert found(index, "boat") == 1


@pytest.mark.parametrize("lost", ["", "files", "complete"])
def test_what_is_taken_away_while_the_program_runs_is_made_anew(tmp_path: Path, lost: str) -> None:
    source = FakeTextSource([item("a boat")])
    gone = tmp_path / "index" / lost
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        gone.unlink() if gone.is_file() else shutil.rmtree(gone)
        source.put(item("a second boat"))
        assert index.catch_up(LONG)
        assert found(index, "boat") == 2
    with TantivyIndex(tmp_path / "index", source) as index:
        assert found(index, "boat") == 2


def test_files_that_cannot_be_written_for_their_damage_are_made_anew(tmp_path: Path) -> None:
    source = FakeTextSource([item("a boat")])
    with TantivyIndex(tmp_path / "index", source) as index:
        assert index.catch_up(LONG)
        flip(tmp_path / "index", "term")
        source.put(item("a second boat"))
        index._writer = BrokenWriter()
        assert not index.catch_up(LONG)
        assert index.catch_up(LONG)
        assert found(index, "boat") == 2


def test_a_closed_index_is_unavailable(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index", FakeTextSource())
    with pytest.raises(Unavailable):
        index.search(asked("boat"))
