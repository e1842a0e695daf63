"""The reference of the documentation, generated from the models and programs that it is about."""
