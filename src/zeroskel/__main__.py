"""Run the command line with `python -m zeroskel`."""

from zeroskel.app.cli import main

if __name__ == "__main__":
    main()
