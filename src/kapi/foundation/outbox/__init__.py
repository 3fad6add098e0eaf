"""The outbox: events are rows written in the transaction that makes them true, delivered afterwards by a worker.

One delivery per event and reaction, at least once, retried ever more slowly.
"""
