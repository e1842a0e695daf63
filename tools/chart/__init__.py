"""The Helm chart, made of what kustomize applies: text to text, and the files of it.

What a release does with a chart belongs to Helm; what the objects are, to `manifests` and `crds`.
"""
