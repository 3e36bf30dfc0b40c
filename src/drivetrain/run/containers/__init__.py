"""Jobs, services and steps in containers, by the command line of docker or podman."""
