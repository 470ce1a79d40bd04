"""What is written and read: a format is a value, JPEG and WebP one package each."""
