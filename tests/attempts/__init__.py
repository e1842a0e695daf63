"""`make attempts`: what tenants and taken-over pods try on a real cluster, and what refuses it."""
