"""Building profiles from pictures and networks: `accelir-profile`. Needs the `train` extra.

pictures -> measure -> utilities -> curves -> qpnet -> evaluate -> choose -> write; tune: what a whole file shares
"""
