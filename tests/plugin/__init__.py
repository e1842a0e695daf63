"""`kubectl pdfsec` run as a program against a real API server, as users with bounded rights."""
