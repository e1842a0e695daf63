"""Argo CD beside a cluster: jobs that come from Git, as users of GitOps have them.

Whatever the cluster is, real or a bare control plane, Argo CD and what is looked at are the same.
"""
