"""Official papers on tickets, as values and as documents."""
