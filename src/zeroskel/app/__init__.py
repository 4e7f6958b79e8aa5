"""Command line, server and web page. Nothing in this package is public API; people run the command `zeroskel`."""
