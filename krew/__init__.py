"""What turns a build into a release: archives, checksums, and the manifests of krew and Flux."""
