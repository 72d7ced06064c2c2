"""Routes that existing clients already use: thin and forgiving translations to the same calls."""
