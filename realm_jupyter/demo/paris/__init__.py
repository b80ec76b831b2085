"""The chat model that ships with the package: its facts, its training text and its evaluation."""
