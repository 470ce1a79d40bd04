"""The compiled core (csrc/, C++17): `jpeg` and `vp8`, a module a format, and `metrics`. Whatever takes long releases
the GIL.
"""
