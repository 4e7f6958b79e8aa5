"""What `performance.py` measures, a module for each thing."""
