"""What is installed, by kustomize and by Helm: the same, hardened, and taken back without a trace.

On rendered objects and on the API server of `controlplane`; what needs a pod that runs is in `e2e`.
"""
