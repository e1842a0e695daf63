"""The audit log: one record for each decision and each outcome, chained and signed.

`records` says what a record tells, `chain` links them, `sinks` keep them, `log` brings one to the
other, `verification` finds what was done to them since. Nothing of the cluster's API.
"""
