"""A thought before the call of a tool: signed on its way in, and sent back as it came."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from adapters.anthropic import AnthropicLLM
from cns.domain.message import Block, Message, Role
from cns.ports import ModelRequest, ModelThinking
from cns.services.pump import Stop
from cns.services.tool_loop import Exchange, ToolLoop
from config.settings import LLMSettings
from tests.fakes.llm import SEAL, Calls, Says
from tests.fakes.llm_server import FakeLLMServer
from tests.fakes.toolbox import FakeToolbox, done
from tests.values import message

THINKING = ModelRequest(system=(), messages=(message("Look."),), thinking=2000)


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


@pytest.fixture
def claude(server: FakeLLMServer) -> Iterator[AnthropicLLM]:
    key = SecretStr("key")
    settings = LLMSettings(base_url=server.url, anthropic_api_key=key, model="claude-haiku-4-5")
    llm = AnthropicLLM.from_settings(settings)
    yield llm
    llm.close()


def test_a_thought_ends_with_its_signature(server: FakeLLMServer, claude: AnthropicLLM) -> None:
    server.will(Says("Four.", thinking="two and two"))
    thinking = [e for e in claude.stream(THINKING) if isinstance(e, ModelThinking)]
    assert thinking == [ModelThinking(text="two and two"), ModelThinking(text="", signature=SEAL)]


def test_the_model_gets_its_thought_back_with_the_result_and_thinks_on(
    server: FakeLLMServer, claude: AnthropicLLM
) -> None:
    def step(role: Role, blocks: tuple[Block, ...]) -> Message:
        return message(blocks, role)

    server.will(Calls("look", {}, text="Let me look.", thinking="I must look."), Says("Blue."))
    toolbox = FakeToolbox(look=lambda _: done("blue"))
    loop = ToolLoop(llm=claude, toolbox=toolbox, rounds=2, message=step)
    exchange = Exchange()
    list(loop.run(THINKING, exchange, Stop()))
    again = server.requests[1].body
    assert again["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "I must look.", "signature": SEAL},
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "call_1", "name": "look", "input": {}},
    ]
    assert again["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert exchange.whole_text == "Let me look.\n\nBlue."
