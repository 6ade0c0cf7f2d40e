"""The county's HTTP surfaces, and who may see what."""
