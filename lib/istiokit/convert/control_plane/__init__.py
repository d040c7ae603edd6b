"""All of the old packages but their gateways: istiod, the mesh, its guards, where charts come from. Pure."""
