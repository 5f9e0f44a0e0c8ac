"""What `scripts/run` runs: every process of Holdfast together, with one log, stopped in order.

A module of our own because the libraries for this (honcho and the like) end all their
processes at the same moment and kill them after a few seconds. Here the web process finishes
its requests while what they need still runs, and the database is left last.
"""
