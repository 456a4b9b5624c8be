"""What a work order is and what may happen to it."""
