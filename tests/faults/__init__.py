"""Faults on purpose, against the real API server; each test says what would be lost by one.

`python -m faults` runs them all and prints the table: fault, expected, seen, time to recovery.
"""
