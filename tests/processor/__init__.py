"""Tests of the processor: real documents, real programs, real stores."""
