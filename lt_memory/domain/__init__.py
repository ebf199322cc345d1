"""The values of long-term memory: pure, frozen, standard library only."""
