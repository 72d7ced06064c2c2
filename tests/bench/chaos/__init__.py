"""A house of services under fire: jobs of every kind while processes are killed, frozen and told to stop, and what came of it."""
