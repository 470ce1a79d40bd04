"""The papers' tables with real files, by the evaluation protocol: `python -m benches.paper --data DATA --table 2`.

A table or figure is a file here, which ends in a `Table` (table.py), and a line in registry.py. Its work is cut into
units, such as a picture at a rate; what a unit finds is kept on disk as soon as it is known (store.py), so that a
run that was cut off goes on where it was. results.py writes docs/results/NAME.csv, NAME.md and NAME.png.
"""
