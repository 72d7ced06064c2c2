"""Kernels of the text formats: columns as pieces of text, gathered into rows by one Arrow `take`."""
