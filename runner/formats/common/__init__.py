"""What every format shares: files and units, options, names, compression."""
