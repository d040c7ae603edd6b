"""The one door to objects: types say what a cluster is, live and files are the two that there are."""
