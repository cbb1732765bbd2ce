// HTTP room: /v1/replays: builds views again beside those that are read, compares, activates, rolls back and drops them.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { eventNames } from '../../../schemas/generated.ts';
import { productIdPattern } from '../ids.ts';
import { listBody, pagingOf, pagingQuery } from '../lists.ts';
import { documented, listOf } from '../openapi.ts';
import type { RouteDoc } from '../openapi.ts';
import { goneOf } from '../requests.ts';
import type { Room } from '../room.ts';
import { bodyProblems } from './shared.ts';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

/** What an answer may need beyond the work itself, ms. */
const slackMs = 10_000;
const permission = 'replays';

const params = Type.Object({ replay_id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9_-]+$' }) });
const startBody = Type.Object(
  {
    projection: Type.String({ minLength: 1, maxLength: 64, description: 'Name of a projection.', examples: ['kpi'] }),
    until: Type.Optional(
      Type.String({ maxLength: 512, description: 'A log time (ISO 8601), or partition:offset[,…]; makes it private.' }),
    ),
    as: Type.Optional(
      Type.String({ pattern: '^[a-z][a-z0-9_-]{0,40}$', description: 'Name of a private replay and of its schema.' }),
    ),
    rate: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000_000, description: 'Records a second at most.' })),
    types: Type.Optional(
      Type.Array(Type.Unsafe<string>({ type: 'string', enum: [...eventNames] }), {
        minItems: 1,
        maxItems: 100,
        description: 'Only events of these types.',
      }),
    ),
    product: Type.Optional(Type.String({ pattern: productIdPattern, description: 'Only events about this product.' })),
    expires_in_s: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 31_536_000, description: 'A private one is dropped after so many seconds.' }),
    ),
  },
  { additionalProperties: false },
);
/** May be none: then nothing is activated that differs. */
const changeBody = Type.Unsafe<{ readonly despite_differences?: boolean } | null>({
  type: ['object', 'null'],
  properties: {
    despite_differences: {
      type: 'boolean',
      description: 'Also where rows differ from the live ones and the definition is the same.',
    },
  },
  additionalProperties: false,
});
const started = {
  description: 'It was begun; ask for it by its id.',
  schema: 'Replay',
  headers: ['Location'],
} as const;

export const replayRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    start(room, app);
    look(room, app);
    change(room, app);
    return Promise.resolve();
  };

function docs(operationId: string, summary: string, rest: Pick<RouteDoc, 'good' | 'problems'>): object {
  return documented({ operationId, summary, tag: 'service', ...rest });
}

function start({ replays }: Room, app: App): void {
  const problems = [...bodyProblems, 'already_exists'] as const;
  app.post(
    '/replays',
    {
      config: { permission },
      schema: {
        ...docs('startReplay', 'Build a view from offset zero, beside the one that is read.', {
          good: { 202: started },
          problems,
        }),
        body: startBody,
      },
    },
    async (request, reply) => {
      const replay = await replays.start({ ...request.body, activate: false });
      return sendStarted(reply, replay);
    },
  );
  app.post(
    '/leaderboards/rebuild',
    {
      config: { permission },
      schema: docs('rebuildLeaderboards', 'Build the leaderboards anew and read them when they have caught up.', {
        good: { 202: started },
        problems: [...bodyProblems, 'already_exists'],
      }),
    },
    async (_request, reply) => sendStarted(reply, await replays.start({ projection: 'leaderboards', activate: true })),
  );
}

function look(room: Room, app: App): void {
  const { replays, config } = room;
  app.get(
    '/replays',
    {
      config: { permission },
      schema: {
        ...docs('listReplays', 'Replays, the newest first; dropped ones are left out.', {
          good: { 200: { description: 'The replays.', schema: listOf('Replay') } },
          problems: ['validation_failed', 'cursor_invalid'],
        }),
        querystring: Type.Object(pagingQuery, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      const paging = pagingOf(request.query);
      const listed = await replays.list(paging);
      return reply.header('cache-control', 'no-store').send(listBody(listed, paging, (replay: object) => replay));
    },
  );
  app.get(
    '/replays/:replay_id',
    {
      config: { permission },
      schema: {
        ...docs('getReplay', 'One replay: how far it is, and its manifest when it has caught up.', {
          good: { 200: { description: 'The replay.', schema: 'Replay' } },
          problems: ['not_found'],
        }),
        params,
      },
    },
    async (request, reply) =>
      reply.header('cache-control', 'no-store').send(await replays.find(request.params.replay_id)),
  );
  app.get(
    '/replays/:replay_id/diff',
    {
      config: { permission },
      schema: {
        ...docs('diffReplay', 'Compare it with what is read, at the same offsets, row by row.', {
          good: { 200: { description: 'What differs.', schema: 'ReplayDiff' } },
          problems: ['not_found', 'replay_not_ready'],
        }),
        params,
      },
    },
    (request, reply) =>
      patiently(reply, config, async (signal) => reply.send(await replays.diff(request.params.replay_id, signal))),
  );
}

function change({ replays, config }: Room, app: App): void {
  const problems = [...bodyProblems, 'not_found', 'replay_not_ready'] as const;
  const read = { 200: { description: 'The replay that is read from now on.', schema: 'Replay' } };
  app.post(
    '/replays/:replay_id/activate',
    {
      config: { permission },
      schema: {
        ...docs('activateReplay', 'Read it from now on, once it is at or past what is read now.', {
          good: read,
          problems: [...problems, 'replay_differs'],
        }),
        params,
        body: changeBody,
      },
    },
    (request, reply) =>
      patiently(reply, config, async (signal) => {
        const despite = request.body?.despite_differences === true;
        return reply.send(await replays.activate(request.params.replay_id, despite, signal));
      }),
  );
  app.post(
    '/replays/:replay_id/rollback',
    {
      config: { permission },
      schema: {
        ...docs('rollbackReplay', 'Read the generation before it again; it has followed the journal since.', {
          good: { 200: { description: 'The replay, which is not read any more.', schema: 'Replay' } },
          problems,
        }),
        params,
      },
    },
    (request, reply) =>
      patiently(reply, config, async (signal) => reply.send(await replays.rollback(request.params.replay_id, signal))),
  );
  app.delete(
    '/replays/:replay_id',
    {
      config: { permission },
      schema: {
        ...docs('dropReplay', 'Drop its tables; not while it is read or worked on.', {
          good: { 204: { description: 'It is dropped.', schema: null } },
          problems,
        }),
        params,
      },
    },
    async (request, reply) => {
      await replays.drop(request.params.replay_id);
      return reply.code(204).send();
    },
  );
}

function sendStarted(reply: FastifyReply, replay: { readonly replay_id: string }): FastifyReply {
  return reply.code(202).header('location', `/v1/replays/${replay.replay_id}`).send(replay);
}

/** Keeps the connection while the work takes its time, and ends the work when nobody waits for it any more. */
async function patiently<T>(
  reply: FastifyReply,
  config: Room['config'],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { socket } = reply.request;
  const gone = new AbortController();
  void goneOf(reply).then(() => gone.abort(new Error('the client hung up')));
  socket.setTimeout(config.auditMsMax + slackMs);
  try {
    reply.header('cache-control', 'no-store');
    return await work(gone.signal);
  } finally {
    socket.setTimeout(config.connectionTimeoutMs);
  }
}
