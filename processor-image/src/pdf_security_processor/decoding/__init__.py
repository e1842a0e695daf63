"""What streams' data decode to, and whether that is within bounds: ISO 32000-2, 7.4."""
