"""How the program is put together; `main.py` calls it and serves it."""
