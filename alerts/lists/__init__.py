"""The monthly red and black list (红黑榜) of villages: how a draft of it is reckoned."""
