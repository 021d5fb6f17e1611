"""The learning engine: arrays and paths in, arrays and paths out. It knows no database and no service."""

import cv2

cv2.setNumThreads(1)  # films are read and drawn several at once: more threads for each would only take turns
