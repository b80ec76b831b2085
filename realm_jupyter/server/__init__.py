"""The OpenAI API over HTTP, for many users over one copy of each model."""
