"""Measurement against peers, as ratios."""
