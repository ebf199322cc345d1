"""A model that was chosen on the page and cannot be made does not keep the page from coming up."""

from pathlib import Path

import pytest

from adapters.absent import AbsentLLM
from cns.errors import Misconfigured, ModelUnavailable
from cns.ports import ModelRequest
from composition.house import first_llms
from config.layers import Layers
from tests.values import message

CLAUDE = {"llm": {"provider": "anthropic"}}


def test_a_choice_of_the_page_that_cannot_be_made_says_so_when_asked(tmp_path: Path) -> None:
    layers = Layers(page=CLAUDE, environment={"data_dir": tmp_path})
    (llm,) = first_llms(layers.settings(), layers)
    assert (llm.provider, llm.model, llm.capable) == ("anthropic", "none", True)
    request = ModelRequest(system=(), messages=(message("hello"),))
    with pytest.raises(ModelUnavailable, match="ANTHROPIC_API_KEY") as caught:
        list(llm.stream(request))
    assert (caught.value.code, caught.value.retryable) == ("llm_not_set_up", False)
    with pytest.raises(ModelUnavailable, match="chosen on the Settings page"):
        llm.ping()
    llm.close()


def test_a_choice_made_where_mira_is_started_is_refused_there() -> None:
    layers = Layers(environment=CLAUDE)
    with pytest.raises(Misconfigured, match="ANTHROPIC_API_KEY"):
        first_llms(layers.settings(), layers)


def test_a_choice_that_can_be_made_is_made() -> None:
    layers = Layers(page={"llm": {"provider": "local"}})
    (llm,) = first_llms(layers.settings(), layers)
    assert not isinstance(llm, AbsentLLM)
