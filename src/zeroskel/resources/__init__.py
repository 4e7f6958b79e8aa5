"""Data, not code: layouts, class names, splits and prompts, each with its source."""
