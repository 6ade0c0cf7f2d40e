"""The monthly red and black list (红黑榜) of villages, from the draft to the public board."""
