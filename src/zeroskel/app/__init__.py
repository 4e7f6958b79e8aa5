"""Faces of the pipeline: the command line."""
