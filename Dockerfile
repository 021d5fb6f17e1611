# The web, built once; nothing of Node is in the image that runs.
FROM node:22-bookworm-slim AS web
WORKDIR /web
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim-bookworm
# EXTRAS: "[worker]" for what trains; "[encoders]", ImageNet weights, there and for the api, which refuses a launch that
# lacks them. A CPU image of the worker installs torch from PyTorch's own CPU
# index first: --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG EXTRAS=""
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /overread
COPY constraints.txt pyproject.toml hatch_build.py README.md LICENSE ./
COPY backend/ backend/
COPY worker/ worker/
COPY migrations/ migrations/
RUN if [ -n "$TORCH_INDEX" ]; then pip install -c constraints.txt --index-url "$TORCH_INDEX" torch torchvision; fi \
    && pip install -c constraints.txt -e ".${EXTRAS}" \
    && useradd --uid 10001 --no-create-home overread \
    && mkdir -p /data /secrets \
    && chown overread:overread /data /secrets
COPY --from=web /web/dist frontend/dist/
USER 10001
ENV OVERREAD_DATA_FOLDER=/data NO_ALBUMENTATIONS_UPDATE=1
EXPOSE 8000
ENTRYPOINT ["overread"]
CMD ["serve", "--host", "0.0.0.0"]
