"""Signs what was built, and verifies what was signed, by a key in a file. No network, no build.

Formats are cosign's, so that a cluster's admission can verify them too: simple signing for the
image, DSSE around in-toto statements for its provenance and its SBOM.
"""
