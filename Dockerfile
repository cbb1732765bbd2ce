# The service. Node 24 strips the types itself, so there is no build step: sources and production packages are all.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY schemas ./schemas
COPY src ./src
COPY projections ./projections
COPY consumers ./consumers
# The simulated payment gateway is a service of docker-compose.yml from the same image.
COPY stack/gateway ./stack/gateway
# The image's own unprivileged user; nothing below /app is writable to it.
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# bin/ledger ends in exec: the service is process 1 and hears SIGTERM itself.
ENTRYPOINT ["bin/ledger"]
CMD ["serve"]
