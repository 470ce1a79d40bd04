"""Files moved towards what a network should make of them: the original that a sender still has."""
