"""Types every command of the documentation as it is written, and looks at what it prints."""
