"""Fleets: pictures by the shard, too many for one list; where they are, what was written of them, how they share."""
