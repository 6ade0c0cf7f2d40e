"""Rendered village scenes: pictures with a recipe, and the pure compositing that plays them."""
