"""What runs a model: ``runtime`` says how it is called, ``opening`` opens one, ``files`` knows what lies on disk."""
