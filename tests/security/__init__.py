"""`make security-score`: each protection tested, taken away, and missed. See `__main__`."""
