"""One module per command; what it needs is imported when it runs."""
