"""The story model: where its stories come from, how they are tokenized, how it is judged."""
