"""Builds the two container images without Docker: no shell, no package manager, the same bytes.

What an image holds and how it is put together belongs here; running images, or writing the OCI
format itself (`cluster.oci`), never does.
"""
