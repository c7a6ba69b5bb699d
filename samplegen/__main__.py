"""``python -m samplegen``, the same as ``samplegen``."""

from samplegen.cli.app import main

if __name__ == "__main__":
    main()
