"""How what was said elsewhere comes in."""

from contextlib import ExitStack
from datetime import timedelta

from adapters.parcels import FolderOfParcels
from cns.postgres_imports import PostgresImports
from cns.services.importing import Importing
from cns.services.summary import ExtractiveSummary
from composition.house import House
from composition.mind import Mind


def importing_of(stack: ExitStack, house: House, mind: Mind) -> Importing:
    """Goes on with what a stop or a crash broke off; left off when the house is taken down."""
    importing = Importing(
        store=PostgresImports(house.ground.database),
        conversation=house.store,
        parcels=FolderOfParcels(house.ground.data_dir / "imports"),
        embedder=house.embedder,
        summariser=ExtractiveSummary(),
        submit=house.jobs.submit,
        catch_up=mind.text_index.catch_up,
        silence=lambda: timedelta(minutes=house.present().segments.timeout_minutes),
        clock=house.clock,
    )
    stack.callback(importing.stop)
    importing.resume()
    return importing
