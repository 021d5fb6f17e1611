"""``python -m benchmarks.study``: see ``bench``."""

from benchmarks.study.bench import main

if __name__ == "__main__":  # not in the processes that it starts
    main()
