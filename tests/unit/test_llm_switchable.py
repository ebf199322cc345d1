"""Exchanging the language model: calls under way stay where they began, nothing is left open."""

from collections.abc import Generator
from threading import Event, Lock, Thread

import pytest
from typing_extensions import override

from adapters.switchable import SwitchableLLM
from cns.errors import ModelUnavailable
from cns.ports import ModelDone, ModelEvent, ModelRequest, ModelText
from tests.fakes.llm import USAGE, FakeLLM, Says, Script
from tests.values import message


class Closable(FakeLLM):
    """Counts how often it was closed."""

    def __init__(self, script: Script = (), *, capable: bool = True, model: str = "old") -> None:
        super().__init__(script, capable=capable, model=model)
        self.shut = 0

    @override
    def close(self) -> None:
        self.shut += 1


def asked() -> ModelRequest:
    return ModelRequest(system=(), messages=(message("hello"),))


def answered_by(events: list[ModelEvent]) -> str:
    last = events[-1]
    assert isinstance(last, ModelDone)
    return last.model


def test_it_is_what_is_in_service() -> None:
    llm = SwitchableLLM(FakeLLM(capable=False, model="small"))
    assert (llm.provider, llm.model, llm.capable) == ("anthropic", "small", False)
    bigger = FakeLLM(model="big")
    bigger.context_tokens = 1_000
    llm.switch(bigger)
    assert (llm.model, llm.capable, llm.context_tokens) == ("big", True, 1_000)
    assert llm.ping() == "big follows its script"


def test_the_next_call_is_answered_by_the_new_one() -> None:
    old, new = Closable([Says("One.")]), Closable([Says("Two.")], model="new")
    llm = SwitchableLLM(old)
    assert answered_by(list(llm.stream(asked()))) == "old"
    llm.switch(new)
    assert answered_by(list(llm.stream(asked()))) == "new"
    assert (old.shut, new.shut) == (1, 0)


def test_a_call_under_way_ends_where_it_began_and_the_old_one_is_closed_after_it() -> None:
    old, new = Closable([Says("One two three.")]), Closable([Says("Four.")], model="new")
    llm = SwitchableLLM(old)
    call = llm.stream(asked())
    first = next(call)
    llm.switch(new)
    assert answered_by(list(llm.stream(asked()))) == "new"
    assert old.shut == 0
    rest = list(call)
    assert answered_by(rest) == "old"
    words = "".join(event.text for event in (first, *rest) if isinstance(event, ModelText))
    assert words == "One two three."
    assert old.shut == 1


def test_the_old_one_waits_for_its_last_call_even_when_one_is_left_early() -> None:
    old = Closable([Says("One two."), Says("Three four.")])
    llm = SwitchableLLM(old)
    calls = [llm.stream(asked()), llm.stream(asked())]
    for call in calls:
        next(call)
    llm.switch(Closable(model="new"))
    calls[0].close()
    assert old.shut == 0
    list(calls[1])
    assert (old.shut, old.closed) == (1, 1)


def test_closing_ends_the_present_one_and_those_that_still_answer() -> None:
    wait = Event()
    old, new = Closable([Says("One two.", wait=wait)]), Closable(model="new")
    llm = SwitchableLLM(old)
    call = llm.stream(asked())
    next(call)
    llm.switch(new)
    llm.close()
    assert (old.shut, new.shut) == (1, 1)
    wait.set()
    list(call)
    assert old.shut == 1
    with pytest.raises(ModelUnavailable, match="shutting down"):
        list(llm.stream(asked()))


def test_who_comes_after_the_end_is_closed_at_once() -> None:
    llm = SwitchableLLM(Closable())
    llm.close()
    late = Closable(model="late")
    llm.switch(late)
    assert (late.shut, llm.model) == (1, "old")


class Watched(Closable):
    """Notes when it is closed under a call."""

    def __init__(self, number: int) -> None:
        super().__init__(model=str(number))
        self.calls = 0
        self.cut = False
        self._counting = Lock()

    @override
    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        with self._counting:
            self.calls += 1
        yield ModelText(text=self.model)
        yield ModelDone(model=self.model, stop="end", usage=USAGE)
        with self._counting:
            self.calls -= 1

    @override
    def close(self) -> None:
        super().close()
        self.cut = self.cut or self.calls > 0


def test_many_calls_and_many_switches_leave_nothing_open_and_cut_nothing() -> None:
    llms = [Watched(number) for number in range(200)]
    llm = SwitchableLLM(llms[0])
    answers: list[tuple[str, str]] = []

    def ask() -> None:
        for _ in range(200):
            words, done = list(llm.stream(asked()))
            assert isinstance(words, ModelText)
            assert isinstance(done, ModelDone)
            answers.append((words.text, done.model))

    askers = [Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for new in llms[1:]:
        llm.switch(new)
    for asker in askers:
        asker.join()
    assert [each.shut for each in llms] == [1] * 199 + [0]
    assert not any(each.cut for each in llms)
    assert len(answers) == 800
    assert all(words == model for words, model in answers)
