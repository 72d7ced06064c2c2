"""The schema registry: drawings of databases, kept, checked, created and filled."""
