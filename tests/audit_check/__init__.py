"""`make audit-check`: a real audit log, and whatever can be done to it. See `__main__`."""
