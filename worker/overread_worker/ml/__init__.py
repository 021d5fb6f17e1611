"""The learning engine: arrays and paths in, arrays and paths out. It knows no database and no service.

A training, from the top: ``train`` tells it whole, ``learner`` who learns, ``epoch`` one pass over the films and what
it reports, ``progress`` how it goes on after a stop, ``schedule`` what happens when. Its films come by ``dataset``,
``loader`` and ``ahead``, changed by ``augment``, ``operations`` and ``copy_paste``. What a step descends is in
``losses``; from pool films without labels, in ``consistency`` and ``meta``. ``pretrain`` teaches an encoder first.

Trained networks are asked by ``predict``, and together by ``ensemble``: ``evaluate`` scores them, ``label`` labels.
"""

import cv2

cv2.setNumThreads(1)  # films are read and drawn several at once: more threads for each would only take turns
