"""From the release before to this one, by each way to install, with jobs under way."""
