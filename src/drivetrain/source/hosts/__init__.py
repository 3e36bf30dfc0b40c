"""Where code is checked in and talked about: what is asked of such a host, and the clients of its API."""
