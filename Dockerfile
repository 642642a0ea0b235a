# jobd as a container: docker build -t jobd . && docker run -p 6443:6443 -v jobd:/data jobd
# Its pods are processes of this container: a derived image brings the programs that they run.
FROM node:26-slim AS build
WORKDIR /src
COPY . .
RUN npm ci && npm pack --pack-destination /tmp

FROM node:26-slim
COPY --from=build /tmp/jobd-*.tgz /tmp/
# Nothing is fetched: the package brings all that it needs.
RUN npm install --global --offline --no-audit --no-fund /tmp/jobd-*.tgz && rm -rf /tmp/* /root/.npm \
  && mkdir -m 1777 /data
# Any user will do, also one without a name: docker run --user 12345.
ENV JOBD_DATA_DIR=/data/jobd HOME=/data
VOLUME /data
USER 65532
EXPOSE 6443
# As process 1 it reaps what pods leave behind; SIGTERM stops it.
ENTRYPOINT ["jobd"]
CMD ["up", "--listen", "0.0.0.0:6443"]
HEALTHCHECK --interval=30s CMD ["jobd", "get", "namespaces"]
