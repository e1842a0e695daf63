"""The operator as it is watched, by the real programs: Prometheus and a collector of traces."""
