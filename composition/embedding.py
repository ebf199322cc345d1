"""The embedding model whose vectors stand, and the one that the settings want."""

from collections.abc import Mapping
from contextlib import ExitStack
from urllib.parse import urlsplit

from adapters.embedders import choose_embedder
from adapters.embedding_endpoint import EndpointEmbedder
from adapters.exchangeable_embedder import AbsentEmbedder, ExchangeableEmbedder
from cns.errors import Misconfigured
from cns.ports import Database, Embedder
from cns.secrets import Secrets
from composition.secrets import embeddings_with_key
from config.embedding_settings import Embeddings
from config.settings import Settings
from lt_memory.successor import Successor
from lt_memory.switching_ports import ModelOfVectors
from lt_memory.switching_postgres import PostgresSwitch

HOW = frozenset({"provider", "model", "base_url", "dimensions"})  # never the key


def embedders_of(
    stack: ExitStack,
    settings: Settings,
    given: Embedder | None,
    database: Database,
    secrets: Secrets,
) -> Successor:
    """The wanted model, in service at once unless the vectors that stand are another's.

    Args:
        stack: closes what has connections.
        settings: with the key of the wanted model.
        given: the wanted model, if a test brings it.
        database: knows whose vectors stand.
        secrets: have the key of a model that was chosen before, if any.
    """
    standing = PostgresSwitch(database).standing()
    wanted = given or choose_embedder(settings.embeddings)
    service = ExchangeableEmbedder(wanted)
    if standing is not None and standing.name != wanted.name:
        service.put(_run_again(standing, settings.embeddings, secrets))
    elif standing is not None and isinstance(wanted, EndpointEmbedder):
        wanted.expect(standing.dimensions)
    for embedder in (wanted, service.present()):
        if isinstance(embedder, EndpointEmbedder):
            stack.callback(embedder.close)
    made_by = {} if given else _how(settings.embeddings)
    return Successor(service=service, wanted=wanted, made_by=made_by)


def _how(settings: Embeddings) -> Mapping[str, object]:
    """By which settings the model is run again; an address with a password in it is not kept."""
    if urlsplit(settings.base_url or "").password:
        return {}
    return settings.model_dump(mode="json", include=set(HOW))


def _run_again(model: ModelOfVectors, settings: Embeddings, secrets: Secrets) -> Embedder:
    """The model that made what stands, as it was run then."""
    try:
        patience = settings.model_dump(exclude={*HOW, "api_key"})
        how = Embeddings.model_validate({**patience, **model.made_by})
        same = (how.provider, how.base_url) == (settings.provider, settings.base_url)
        keyed = embeddings_with_key(how, secrets, own=False)
        key = settings.api_key if same else keyed.api_key
        found = choose_embedder(how.model_copy(update={"api_key": key}), model.dimensions)
    except (Misconfigured, ValueError) as error:
        return AbsentEmbedder(model.name, model.dimensions, str(error))
    if found.name != model.name:
        return AbsentEmbedder(model.name, model.dimensions, "nobody wrote down how.")
    return found
