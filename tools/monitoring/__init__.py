"""`python -m monitoring`: rules of Prometheus and the dashboard of Grafana, printed as files.

What is promised stands in `objectives`, what somebody is told of in the two modules of alerts, what
is shown in `rows`; all pure. Nothing here asks a server.
"""
