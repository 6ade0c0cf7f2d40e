"""Where it is kept: one book a county, written by one pen, read by lists and figures."""
