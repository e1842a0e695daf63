"""Whether the signatures of a document hold: looked at by a sealed process of its own."""
