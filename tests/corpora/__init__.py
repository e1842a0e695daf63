"""Documents of other projects' test suites, fetched by package, and what becomes of each."""
