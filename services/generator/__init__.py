"""Answers what can be generated, makes values and rows, and runs generation jobs."""
