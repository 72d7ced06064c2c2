"""What goes into the data files below runner/generators/data, one module per source."""
