"""The desk at which settings are chosen while the program runs."""

from adapters.desk import Bench, SettingsDesk
from adapters.metered import MeteredLLM
from adapters.providers import choose_llm
from cns.ports import LLM
from composition.house import House
from composition.secrets import llm_with_keys
from config.page import PAGE_FILE


def desk_of(house: House) -> SettingsDesk:
    """Shows and changes what the house lives by, and takes new keys up."""

    def metered(llm: LLM) -> LLM:
        return MeteredLLM(llm, house.purse)

    bench = Bench(
        present=house.present,
        switch=house.switch,
        make=lambda settings: choose_llm(settings, house.clock, metered),
        keyed=lambda settings: llm_with_keys(settings, house.secrets),
        file=house.ground.data_dir / PAGE_FILE,
    )
    desk = SettingsDesk(house.layers, bench)
    house.secrets.watch(lambda _: desk.renew())  # in the thread that sets it: then it holds
    return desk
