"""What an encoder knows of a task: what formats share, and a section for each of them."""
