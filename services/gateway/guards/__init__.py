"""What stands before every route, one middleware each."""
