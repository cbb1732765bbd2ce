// HTTP room: /health/live, /health/ready, /health and /metrics.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { authenticate } from '../requests.ts';
import { documented } from '../openapi.ts';
import { Problem, problems, successes } from '../problems.ts';
import type { HealthReport, Vitals } from '../room.ts';

const service = { tag: 'service', open: true, problems: [] } as const;
const word = { type: 'object', required: ['status'], properties: { status: { type: 'string' } } };
const unavailable = problems.dependency_down;

const down = { description: 'It cannot.', schema: word, headers: ['Retry-After'] } as const;

const docs = {
  live: documented({
    ...service,
    operationId: 'live',
    summary: 'Whether the process runs.',
    good: { 200: { description: 'It runs.', schema: word } },
  }),
  ready: documented({
    ...service,
    operationId: 'ready',
    summary: 'Whether orders can be taken.',
    good: { 200: { description: 'They can.', schema: word }, 503: down },
  }),
  health: documented({
    ...service,
    operationId: 'health',
    summary: 'How the service and its servers are; details with a credential.',
    good: {
      200: { description: 'All servers answer.', schema: word },
      503: { ...down, description: 'One is down.' },
    },
  }),
  metrics: documented({
    ...service,
    operationId: 'metrics',
    summary: 'Figures for Prometheus; from elsewhere than this machine with a credential.',
    problems: ['unauthenticated', 'forbidden', 'dependency_down'],
    good: { 200: { description: 'Prometheus text.', schema: { type: 'string' }, type: 'text/plain' } },
  }),
};

export const healthRoutes =
  (room: Vitals): FastifyPluginAsyncTypebox =>
  (app) => {
    app.get('/health/live', { schema: docs.live }, () => ({ status: 'live' }));
    app.get('/health/ready', { schema: docs.ready }, (_request, reply) => {
      if (room.ready()) return { status: 'ready' };
      reply.code(unavailable.status).header('retry-after', String(unavailable.retryAfterS));
      return { status: 'unavailable' };
    });
    app.get('/health', { schema: docs.health }, async (request, reply) => {
      const report = await room.health();
      const allUp = Object.values(report.services).every(({ status }) => status === 'up');
      reply.code(allUp ? successes.done : unavailable.status).header('cache-control', 'no-store');
      if (!allUp) reply.header('retry-after', String(unavailable.retryAfterS));
      return (await knows(room, request)) ? report : outline(report);
    });
    app.get('/metrics', { config: { permission: 'read' }, schema: docs.metrics }, async (request, reply) => {
      if (!isLoopback(request.ip)) await authenticate(room.credentials, request);
      const { registry } = room.metrics;
      return reply.type(registry.contentType).send(await registry.metrics());
    });
    return Promise.resolve();
  };

/** Whether the caller may see details. While it cannot be told, it may not. */
async function knows({ credentials }: Vitals, request: FastifyRequest): Promise<boolean> {
  const token = /^Bearer +(\S{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return false;
  try {
    return (await credentials.verify(token)) !== null;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

function outline({ status, services }: HealthReport): object {
  const words = Object.entries(services).map(([name, one]) => [name, { status: one.status }] as const);
  return { status, services: Object.fromEntries(words) };
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(ip);
}
