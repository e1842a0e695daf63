"""The content of the processor image: opens, changes and saves untrusted PDF documents."""
