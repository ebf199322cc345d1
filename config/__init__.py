"""Every knob of MIRA, and nothing that acts."""
