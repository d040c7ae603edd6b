"""What turns a build into a release: the platforms, the archives, and the manifests of krew and Flux."""
