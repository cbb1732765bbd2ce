// HTTP room: /v1/dead-letters: what workers gave up, and what an operator wants done with it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { DeadLetterFilter } from '../../../projections/dead-letters/queries.ts';
import type { DeadLetter } from '../../../schemas/dead-letters.ts';
import { readUntypedBodies } from '../bodies.ts';
import {
  consumerSchema,
  deadLetterParams,
  deadLetterStatusSchema,
  letterOrderSchema,
  wishAllBody,
  wishOneBody,
} from '../dead-letter-schemas.ts';
import type { Wish } from '../dead-letters.ts';
import { listBody, pagingOf, pagingQuery } from '../lists.ts';
import { documented, listOf } from '../openapi.ts';
import { Problem } from '../problems.ts';
import { guarded } from '../reader.ts';
import { callerOf, sendAnswer } from '../requests.ts';
import { iso } from '../resources.ts';
import type { Room } from '../room.ts';
import { bodyProblems } from './shared.ts';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const config = { permission: 'dead-letters' } as const;
const query = Type.Object(
  {
    consumer: Type.Optional(consumerSchema),
    status: Type.Optional(deadLetterStatusSchema),
    order_id: Type.Optional(letterOrderSchema),
    ...pagingQuery,
  },
  { additionalProperties: false },
);

export const deadLetterRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  async (app) => {
    read(room, app);
    await app.register((scope) => {
      readUntypedBodies(scope);
      for (const kind of ['retry', 'discard'] as const) {
        wishOne(room, scope, kind);
        wishAll(room, scope, kind);
      }
      return Promise.resolve();
    });
  };

function read({ deadLetters }: Room, app: App): void {
  const list = documented({
    operationId: 'listDeadLetters',
    summary: 'What workers gave up, newest first.',
    tag: 'service',
    good: { 200: { description: 'The dead letters.', schema: listOf('DeadLetter') } },
    problems: ['cursor_invalid'],
  });
  app.get('/dead-letters', { config, schema: { ...list, querystring: query } }, async (request, reply) => {
    const { consumer, status, order_id } = request.query;
    const filter: DeadLetterFilter = {
      ...(consumer === undefined ? {} : { consumer }),
      ...(status === undefined ? {} : { status }),
      ...(order_id === undefined ? {} : { order_id: order_id.toLowerCase() }),
    };
    const paging = pagingOf(request.query);
    const listed = await guarded(() => deadLetters.list(filter, paging));
    return sendAnswer(request, reply, { status: 'done', headers: {}, body: listBody(listed, paging, letterJson) });
  });
  const one = documented({
    operationId: 'getDeadLetter',
    summary: 'One dead letter.',
    tag: 'service',
    good: { 200: { description: 'The dead letter.', schema: 'DeadLetter' } },
    problems: ['not_found'],
  });
  app.get(
    '/dead-letters/:dead_letter_id',
    { config, schema: { ...one, params: deadLetterParams } },
    async (request, reply) => {
      const letter = await guarded(() => deadLetters.find(request.params.dead_letter_id));
      if (letter === null) throw new Problem('not_found');
      return sendAnswer(request, reply, { status: 'done', headers: {}, body: letterJson(letter) });
    },
  );
}

const summaries = {
  retry: { one: 'Do the job again.', all: 'Do all parked jobs again, or count them.' },
  discard: {
    one: 'Give the job up: the payment is taken back, the order fails, its stock is released.',
    all: 'Give all parked jobs up, or count them.',
  },
} as const;

function wishOne({ deadLetters }: Room, app: App, kind: Wish['kind']): void {
  const docs = documented({
    operationId: `${kind}DeadLetter`,
    summary: summaries[kind].one,
    tag: 'service',
    good: { 200: { description: 'The dead letter; the worker takes it up.', schema: 'DeadLetter' } },
    problems: [...bodyProblems, 'not_found', 'not_parked'],
  });
  const schema = { ...docs, params: deadLetterParams, body: wishOneBody };
  app.post(`/dead-letters/:dead_letter_id/${kind}`, { config, schema }, async (request, reply) => {
    const letter = await guarded(() => deadLetters.find(request.params.dead_letter_id));
    if (letter === null) throw new Problem('not_found');
    const wish = { kind, actor: callerOf(request).principal, reason: request.body?.reason ?? null };
    const after = await guarded(() => deadLetters.wishOne(wish, letter));
    if (after === null) {
      throw new Problem('not_parked', { detail: `The dead letter is ${letter.status}.` });
    }
    return sendAnswer(request, reply, { status: 'done', headers: {}, body: letterJson(after) });
  });
}

function wishAll({ deadLetters }: Room, app: App, kind: Wish['kind']): void {
  const docs = documented({
    operationId: `${kind}DeadLetters`,
    summary: summaries[kind].all,
    tag: 'service',
    good: { 200: { description: 'How many; with `dry_run` nothing was done.', schema: 'DeadLetterCount' } },
    problems: bodyProblems,
  });
  app.post(`/dead-letters/${kind}`, { config, schema: { ...docs, body: wishAllBody } }, async (request, reply) => {
    const { consumer = null, dry_run = false, reason = null } = request.body ?? {};
    const wish = { kind, actor: callerOf(request).principal, reason };
    const count = await guarded(() => (dry_run ? deadLetters.count(consumer) : deadLetters.wishAll(wish, consumer)));
    return sendAnswer(request, reply, { status: 'done', headers: {}, body: { count, dry_run } });
  });
}

function letterJson({ partition, offset, first_at, last_at, ...letter }: DeadLetter): object {
  return { ...letter, first_at: iso(first_at), last_at: iso(last_at), position: `${partition}:${offset}` };
}
