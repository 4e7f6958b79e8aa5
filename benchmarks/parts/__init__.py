"""Parts of the performance benchmark, one module for each subject."""
