# Builds the image on a plain Debian and ends in a stage that holds just the artefacts:
#
#   docker build --output=build .          -> build/epiphyte.elf, build/epiphyte
FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates cargo cmake gcc git libc6-dev musl-tools ninja-build nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN npm run image && npm run process

FROM scratch
COPY --from=build /src/build/epiphyte.elf /src/build/epiphyte /
