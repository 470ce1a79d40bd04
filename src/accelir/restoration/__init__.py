"""What receivers run: tasks, networks and their cards, on ONNX runtime."""
