"""Our own equipment: who is silent or faulty, and what stands for what."""
