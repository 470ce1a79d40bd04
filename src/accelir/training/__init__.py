"""Training restoration networks on what real encoders leave: `accelir-train`. Needs the `train` extra."""
