"""The `mockcraft` command: a client of the same service classes that the servers run."""
