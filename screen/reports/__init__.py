"""What a citizen hands in (随手拍), and how it stands."""
