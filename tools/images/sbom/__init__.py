"""Says what an image holds, read from the image itself, as a CycloneDX document.

Signing it (`images.signing`) and building images never belong here.
"""
