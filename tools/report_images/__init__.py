"""Makes the pictures of a report for the documentation. Nothing of the product uses it."""
