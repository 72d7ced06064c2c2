"""Text datasets written by language models, as jobs."""
