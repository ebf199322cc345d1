"""What stands in prompts of itself: domain knowledge, and what is known about the user."""

from composition.figures import knowledge_room
from composition.house import House
from config.checks import prompt
from lt_memory.knowledge import KnowledgeService
from lt_memory.knowledge_postgres import PostgresKnowledge
from lt_memory.knowledge_writer import KnowledgeWriter
from lt_memory.user_information import UserInformationService
from lt_memory.user_information_postgres import PostgresUserInformation


def knowledge_of(house: House) -> KnowledgeService:
    """Blocks by hand."""
    return KnowledgeService(
        store=PostgresKnowledge(house.ground.database),
        llm=house.llm,
        clock=house.clock,
        figures=lambda: house.present().knowledge,
        room=lambda: knowledge_room(house.present, house.llm),
    )


def knowledge_writer_of(house: House) -> KnowledgeWriter:
    """Blocks by whichever model answers now, if that one is capable."""
    return KnowledgeWriter(
        store=PostgresKnowledge(house.ground.database),
        llm=house.llm,
        prompt=prompt("domain_knowledge"),
        clock=house.clock,
        figures=lambda: house.present().knowledge,
    )


def user_information_of(house: House) -> UserInformationService:
    """What is drawn from memories about the user, or written by hand."""
    return UserInformationService(
        store=PostgresUserInformation(house.ground.database),
        llm=house.llm,
        prompt=prompt("user_information"),
        clock=house.clock,
        figures=lambda: house.present().knowledge,
    )
