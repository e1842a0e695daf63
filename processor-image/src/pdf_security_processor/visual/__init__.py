"""Whether a document looks as it did: drawn before and after in sealed processes, and compared."""
