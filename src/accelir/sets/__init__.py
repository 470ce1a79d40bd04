"""Sets of pictures under one total: what each costs and is worth, how they share the bytes, and the passes of it."""
