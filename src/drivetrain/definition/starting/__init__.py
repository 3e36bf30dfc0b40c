"""The first pipeline file of a repository: what is found in it, and the file that is made of that."""
