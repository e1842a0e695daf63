"""Builds the two container images without Docker: no shell, no package manager, the same bytes.

What an image holds, how it is put together, described and signed belongs here; running images, or
writing image archives (`cluster.oci`), never does.
"""
