"""The commands of `accelir`, one a file, and what they share: options and the tasks that they do."""
