"""``python -m benchmarks.bias``: see ``bench``."""

from benchmarks.bias.bench import main

if __name__ == "__main__":  # not in the processes that it starts
    main()
