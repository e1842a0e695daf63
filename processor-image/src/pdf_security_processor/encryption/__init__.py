"""Encryption that qpdf does not know: for recipients (ISO 32000-2, 7.6.5), and by AES-GCM."""
