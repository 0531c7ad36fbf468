"""`python -m tierctl`: the command line without the installed script."""

from tierctl.cli import main

if __name__ == "__main__":
    main()
