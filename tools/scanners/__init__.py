"""Runs other people's scanners over the code and over what the product puts into a cluster.

A finding is mended, or waived with a reason in waivers.yaml; a scanner that cannot run is said not
to have run. Rules of our own for code are in rules/; nothing is written to please a scanner.
"""
