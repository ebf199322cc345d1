"""Laws are tried without a stop-watch: a busy machine is no counter-example."""

from hypothesis import settings

settings.register_profile("mira", deadline=None)
settings.load_profile("mira")
