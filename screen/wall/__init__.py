"""What the monitoring centre watches, and the public board: figures, places, cameras, equipment, the live stream."""
