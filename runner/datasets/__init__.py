"""Text datasets: what is asked of which model, what its answers must be, and the files they become."""
