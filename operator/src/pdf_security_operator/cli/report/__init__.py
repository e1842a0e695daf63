"""`pdfsec report`: a report as a page for people. Parses no document: sealed processes draw it."""
