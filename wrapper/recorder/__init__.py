"""P: one loop over the sources of a run, one journal."""
