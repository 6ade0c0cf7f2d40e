"""The demo: 青峦县 with rendered cameras, a scripted day, and villagers who use the desk like anybody else."""
