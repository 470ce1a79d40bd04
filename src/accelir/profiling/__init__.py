"""Building profiles from pictures and networks: `accelir-profile`. Needs the `train` extra.

pictures -> measure -> utilities -> curves -> qpnet -> write        tune: what a whole file shares
"""
