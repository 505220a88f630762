# syntax=docker/dockerfile:1

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags timetzdata \
      -ldflags "-s -w -X karnak/internal/app.Version=${VERSION}" -o /out/karnak ./cmd/karnak
# What the empty image needs: a place for data and one for temporary files, both owned by the user that serves.
RUN install -d -o 65532 -g 65532 -m 0700 /out/data && install -d -m 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/tmp /tmp
COPY --from=build /out/karnak /karnak
USER 65532:65532
ENV KARNAK_PROFILE=production \
    KARNAK_ADDR=:8080 \
    KARNAK_DATA_DIR=/data
EXPOSE 8080
VOLUME /data
# The image has no shell: the binary asks itself.
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 CMD ["/karnak", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/karnak"]
CMD ["serve"]
