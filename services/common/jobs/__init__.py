"""Jobs: one model, one state machine, one event log for every long piece of work."""
