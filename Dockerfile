# Builds the image on a plain Debian and ends in a stage that holds just the artefacts:
#
#   docker build --output=build .          -> build/epiphyte.elf, build/epiphyte
# Pinned by digest; .github/dependabot.yml proposes newer ones.
FROM debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates cargo cmake gcc git libc6-dev musl-tools ninja-build nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN npm run image && npm run process

FROM scratch
COPY --from=build /src/build/epiphyte.elf /src/build/epiphyte /
