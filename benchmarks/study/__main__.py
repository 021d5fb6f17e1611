"""``python -m benchmarks.study``: see ``bench``."""

import os

# Seeds run side by side, one thread each: threads that fight over two cores make all of them slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

if __name__ == "__main__":
    from benchmarks.study.bench import main

    main()
