"""Measures the operator beside its peers. Tests nothing; every number is of one machine."""
