"""The commands of `accelir`, one a file, and what they share: options, transfers, batches, drawings."""
