"""Programs of the rig that run as processes of their own, by path, with the standard library alone."""
