// HTTP room: the app: plugins, limits, hooks and routes put together. It listens nowhere by itself.
import { randomUUID } from 'node:crypto';
import fastifySwagger from '@fastify/swagger';
import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import { readJsonBodies } from './bodies.ts';
import { createBrokenRequests } from './broken.ts';
import { createErrorHandler, problemOfError, sendProblem } from './failures.ts';
import { incomingTraceId } from './headers.ts';
import { letCrowdsIn } from './crowd.ts';
import { drainAtClose } from './drain.ts';
import { checkEnvelope } from './envelope.ts';
import type { MethodTable } from './methods.ts';
import { createMethodTable } from './methods.ts';
import { createApiMetrics } from '../platform/metrics.ts';
import { withOptionalBodies } from './openapi.ts';
import { createSeenPositions, createViewWaits, placesOf } from './positions.ts';
import { Problem } from './problems.ts';
import { createPressure } from './pressure.ts';
import { createReader } from './reader.ts';
import { authenticate, readIdempotencyKey } from './requests.ts';
import type { AppDeps, Room, VitalsDeps } from './room.ts';
import { auditRoutes } from './routes/audits.ts';
import { customerRoutes } from './routes/customers.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { docRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { inventoryRoutes } from './routes/inventory.ts';
import { kpiRoutes } from './routes/kpis.ts';
import { leaderboardRoutes } from './routes/leaderboards.ts';
import { momentRoutes } from './routes/moments.ts';
import { orderEventRoutes } from './routes/order-events.ts';
import { orderRoutes } from './routes/orders.ts';
import { productRoutes } from './routes/products.ts';
import { purchaseRoutes } from './routes/purchase.ts';
import { replayRoutes } from './routes/replays.ts';
import { statisticsRoutes } from './routes/statistics.ts';
import { stockRoutes } from './routes/stock.ts';
import { deadLetterSchemas } from './dead-letter-schemas.ts';
import { peopleSchemas } from './people-schemas.ts';
import { namedSchemas } from './schemas.ts';
import { securityHeaders } from './security-headers.ts';
import { createSubmit } from './submit.ts';
import { createUndecided } from './undecided.ts';
import { validatorCompiler } from './validation.ts';
import { replaySchemas } from './replay-schemas.ts';
import { viewSchemas } from './view-schemas.ts';
import { createWaiters } from './waiters.ts';

/** Characters of one part of a path. */
const pathPartMax = 256;

/** Makes the app of an API instance; ready to listen or to be injected into. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const room = createRoom(deps);
  const app = createServer(deps);
  const methods = createMethodTable();
  app.addHook('onRoute', ({ url, method }) => methods.add(url, method));
  app.decorateRequest('caller', null);
  app.decorateRequest('idempotencyKey', null);
  readJsonBodies(app);
  addHooks(app, deps, methods);
  const draining = drainAtClose(app, deps.config);

  await app.register(fastifySwagger, {
    openapi: openapiDocument,
    transformObject: (document) =>
      'openapiObject' in document ? withOptionalBodies(document.openapiObject) : document.swaggerObject,
    refResolver: { buildLocalReference: ({ $id }) => (typeof $id === 'string' ? $id : 'Unnamed') },
  });
  await app.register(docRoutes);
  await app.register(healthRoutes({ ...room, ready: () => !draining() && deps.client.ready() }));
  await app.register(
    async (v1) => {
      const checkPressure = createPressure(deps.config.turnMsMax, () => performance.now());
      v1.addHook('onRequest', async (request) => {
        checkPressure();
        await authenticate(deps.credentials, request);
      });
      v1.addHook('preValidation', async (request) => readIdempotencyKey(request));
      await v1.register(orderRoutes(room));
      await v1.register(orderEventRoutes(room));
      await v1.register(purchaseRoutes(room));
      await v1.register(productRoutes(room));
      await v1.register(stockRoutes(room));
      await v1.register(customerRoutes(room));
      await v1.register(deadLetterRoutes(room));
      await v1.register(inventoryRoutes(room));
      await v1.register(statisticsRoutes(room));
      await v1.register(kpiRoutes(room));
      await v1.register(leaderboardRoutes(room));
      await v1.register(auditRoutes(room));
      await v1.register(momentRoutes(room));
      await v1.register(replayRoutes(room));
    },
    { prefix: '/v1' },
  );
  await app.ready();
  return app;
}

/** Makes the app of a process without the API role: health and metrics, nothing else. */
export async function createVitalsApp(deps: VitalsDeps): Promise<FastifyInstance> {
  const app = createServer(deps);
  const methods = createMethodTable();
  app.addHook('onRoute', ({ url, method }) => methods.add(url, method));
  addHooks(app, deps, methods);
  const draining = drainAtClose(app, deps.config);
  await app.register(healthRoutes({ ...deps, ready: () => !draining() && deps.ready() }));
  await app.ready();
  return app;
}

function createRoom(deps: AppDeps): Room {
  const {
    config,
    client,
    views,
    figures,
    claims,
    credentials,
    metrics,
    health,
    passing,
    audits,
    customers,
    deadLetters,
    replays,
  } = deps;
  const now = (): number => performance.now();
  const waiters = createWaiters(config, now);
  const seen = createSeenPositions(client.startEnds);
  const undecided = createUndecided(config.waitersMax);
  client.onOutcome((outcome) => {
    for (const { partition, offset } of placesOf(outcome)) seen.note(partition, offset);
    undecided.hear(outcome);
    waiters.hear(outcome);
  });
  const both = { ...metrics, ...createApiMetrics(metrics.registry, () => waiters.size()) };
  const waits = createViewWaits((projection) => views.progress(projection), config.viewPollMs);
  return {
    config,
    client,
    credentials,
    metrics: both,
    health,
    undecided,
    audits,
    customers,
    deadLetters,
    replays,
    reader: createReader({ client, views, figures, waits, seen, now }),
    submit: createSubmit({ config, client, waiters, claims, metrics: both, passing }),
  };
}

function createServer({ config, logger, metrics }: Pick<AppDeps, 'config' | 'logger' | 'metrics'>): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = logger;
  const broken = createBrokenRequests((code) => metrics.brokenRequests.inc({ code }));
  const secure = securityHeaders();
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of its own for each request, most of which log nothing, costs as much as deciding an order.
    childLoggerFactory: (shared) => shared,
    genReqId: ({ headers }) => incomingTraceId(headers) ?? randomUUID(),
    trustProxy: false,
    bodyLimit: config.bodyBytesMax,
    requestTimeout: config.requestTimeoutMs,
    connectionTimeout: config.connectionTimeoutMs,
    keepAliveTimeout: config.connectionTimeoutMs,
    http: {
      headersTimeout: config.headersTimeoutMs,
      connectionsCheckingInterval: config.connectionsCheckMs,
      maxHeaderSize: config.headerBytesMax,
      // A request without Host is answered here, as a problem like any other.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: pathPartMax, ignoreTrailingSlash: true, caseSensitive: true },
    // Requests under way when the service closes are answered, see drain.ts.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    clientErrorHandler: broken.answer,
    frameworkErrors: (error, request, reply) => {
      // No hook has seen this request.
      sendProblem(request, reply.headers(secure), problemOfError(error));
    },
  });
  app.server.maxConnections = config.connectionsMax;
  // Node drops headers beyond its limit in silence; one more than ours lets them be noticed.
  app.server.maxHeadersCount = config.headersMax + 1;
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(secure).header('x-trace-id', request.id);
    if (broken.begun(request.raw) <= config.pipelinedMax) return done();
    // Node reads on as long as there are bytes, and keeps every answer until the client takes it.
    reply.header('connection', 'close');
    done(new Problem('overloaded'));
  });
  // After account is kept of it: what follows on the connection may be broken while it waits.
  letCrowdsIn(app, config.crowdMsMax);
  app.addHook('onResponse', (request, _reply, done) => {
    broken.answered(request.raw);
    done();
  });
  app.setValidatorCompiler(validatorCompiler);
  // Answers are built here from typed values; their schemas are documentation.
  app.setSerializerCompiler(() => (body: unknown) => JSON.stringify(body));
  app.setErrorHandler(createErrorHandler(app.log));
  for (const schema of [...namedSchemas, ...viewSchemas, ...peopleSchemas, ...deadLetterSchemas, ...replaySchemas])
    app.addSchema(schema);
  return app;
}

function addHooks(app: FastifyInstance, { config, metrics }: HookDeps, methods: MethodTable): void {
  app.addHook('onRequest', (request, _reply, done) => {
    // Before the body is looked at: what has no address needs none.
    const isNowhere = request.is404 || methods.isMistaken(request.url, request.method);
    const problem = checkEnvelope(request, config) ?? (isNowhere ? noAddress(request, methods) : null);
    done(problem ?? undefined);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, noAddress(request, methods)));
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'none' } = request.routeOptions;
    const method = route === 'none' ? 'other' : request.method;
    const labels = { route, method, status: String(reply.statusCode) };
    metrics.httpRequests.observe(labels, reply.elapsedTime / 1_000);
    request.log.debug({ trace_id: request.id, ...labels, ms: reply.elapsedTime }, 'answered');
    done();
  });
}

type HookDeps = Pick<AppDeps, 'config' | 'metrics'>;

function noAddress({ url, method }: FastifyRequest, methods: MethodTable): Problem {
  const allowed = methods.allowed(url);
  // A folder of files has the method, and not the file.
  if (allowed.length === 0 || allowed.includes(method)) return new Problem('not_found');
  return new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } });
}

const openapiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Order Ledger',
    description: 'The order ledger that cannot oversell, and can prove it.',
    version: '1',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
  tags: [
    { name: 'orders' },
    { name: 'products' },
    { name: 'inventory' },
    { name: 'customers' },
    { name: 'figures' },
    { name: 'service' },
  ],
};
