"""The server on a Ray cluster: a door that all requests pass, replicas that answer them.

Ray is imported in `deploy` only, which is loaded when a cluster is used.
"""
