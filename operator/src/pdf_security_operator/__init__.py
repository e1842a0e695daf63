"""Kubernetes operator that runs PdfSecurityJob resources as hardened Jobs."""
