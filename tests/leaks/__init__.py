"""`make leaks`: jobs of all kinds, and whether a secret is anywhere but in its Secret."""
