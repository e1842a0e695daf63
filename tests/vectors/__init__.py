"""Documents with one thing hidden in one place, made by hand, and what sanitizers leave of it."""
