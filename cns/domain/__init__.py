"""The conversation's values: pure, frozen, standard library only."""
