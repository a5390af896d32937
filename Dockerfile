# syntax=docker/dockerfile:1

ARG NODE_VERSION=24

# ---- the two binaries that render, from their makers, verified ----------------------------------------------------
FROM node:${NODE_VERSION}-bookworm-slim AS tools
ARG TARGETARCH=amd64
ARG HELM_VERSION=4.1.0
ARG KUBECTL_VERSION=1.35.0
# Give the sums yourself to pin the content too; without them, each file is compared with the sum published beside it.
ARG HELM_SHA256=
ARG KUBECTL_SHA256=
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates curl \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /tools
RUN set -eu; \
  archive="helm-v${HELM_VERSION}-linux-${TARGETARCH}.tar.gz"; \
  curl --fail --silent --show-error --location --remote-name "https://get.helm.sh/${archive}"; \
  sum="${HELM_SHA256:-$(curl --fail --silent --show-error --location "https://get.helm.sh/${archive}.sha256sum" | cut -d ' ' -f 1)}"; \
  echo "${sum}  ${archive}" | sha256sum --check --strict; \
  tar --extract --gzip --file "${archive}" --strip-components 1 "linux-${TARGETARCH}/helm"; \
  rm "${archive}"
RUN set -eu; \
  address="https://dl.k8s.io/release/v${KUBECTL_VERSION}/bin/linux/${TARGETARCH}/kubectl"; \
  curl --fail --silent --show-error --location --remote-name "${address}"; \
  sum="${KUBECTL_SHA256:-$(curl --fail --silent --show-error --location "${address}.sha256")}"; \
  echo "${sum}  kubectl" | sha256sum --check --strict; \
  chmod 0755 helm kubectl

# ---- JavaScript out of TypeScript -----------------------------------------------------------------------------------
FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The devDependency `node` fetches a Node 24; this image is one, so its install script has nothing to do.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npx --no-install tsc -p tsconfig.build.json && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

# ---- what runs ------------------------------------------------------------------------------------------------------
FROM node:${NODE_VERSION}-bookworm-slim
# One pool of memory for all threads: a pool of each keeps what it got, some 8 MB of a large review (`npm run bench`).
ENV NODE_ENV=production \
  MALLOC_ARENA_MAX=1 \
  HOST=0.0.0.0 \
  PORT=3000 \
  DATA_DIR=/data \
  HOME=/tmp
WORKDIR /app
COPY --from=tools /tools/helm /tools/kubectl /usr/local/bin/
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
COPY package.json LICENSE ./
RUN install --directory --owner node --group node --mode 0700 /data
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
# Healthy means that the process answers; whether it should get traffic is /readyz, which the orchestrator asks.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Reviews make much short-lived garbage: a small young generation keeps the process some 60 MB smaller, at no cost in time.
CMD ["node", "--max-semi-space-size=4", "dist/server.js"]
