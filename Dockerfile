# The program alone, for CI: docker run --rm --volume "$PWD:/work" ghcr.io/meshlint/meshlint check
FROM rust:1.90-alpine3.22 AS build
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY . .
RUN cargo build --locked --profile dist --bin meshlint

FROM scratch
COPY --from=build /src/target/dist/meshlint /meshlint
COPY LICENSE /LICENSE
# Nobody in particular: manifests need only be read.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/meshlint"]
CMD ["check"]
