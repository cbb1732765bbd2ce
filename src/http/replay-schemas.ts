// HTTP room: the shapes of replays and of what they are compared with, for the OpenAPI document.
import { Type } from 'typebox';
import type { TSchema } from 'typebox';

const named = (id: string, schema: TSchema): TSchema => ({ ...schema, $id: id });
const nullable = (type: string, description: string) => Type.Unsafe<unknown>({ type: [type, 'null'], description });

const statuses = ['running', 'caught_up', 'active', 'retired', 'failed', 'dropped'];

export const replaySchemas = [
  named(
    'Replay',
    Type.Object({
      replay_id: Type.String({ format: 'uuid' }),
      projection: Type.String({ description: 'What is built.', examples: ['kpi'] }),
      generation: Type.Integer({ minimum: 1, description: 'Number of the build of this projection.' }),
      schema: Type.String({ description: 'Schema of its tables in Postgres.' }),
      name: nullable('string', 'Of a private one.'),
      private: Type.Boolean({ description: 'To be queried, never activated.' }),
      status: Type.Unsafe<string>({ type: 'string', enum: statuses }),
      stalled: Type.Boolean({ description: 'It is not done and nobody works on it: it was interrupted.' }),
      until: nullable('string', 'The moment that was asked for.'),
      types: Type.Unsafe<unknown>({ type: ['array', 'null'], items: { type: 'string' } }),
      product: nullable('string', 'The only product that it is about.'),
      rate: Type.Integer({ description: 'Records a second at most; 0: as fast as it goes.' }),
      partitions: Type.Array(
        Type.Object({
          partition: Type.Integer({ minimum: 0 }),
          offset: Type.Integer({ minimum: 0, description: 'Everything below it is in the rows.' }),
          end: Type.Integer({ minimum: 0, description: 'Where it was to end.' }),
        }),
      ),
      events: Type.Integer({ minimum: 0, description: 'Events that were read.' }),
      events_per_s: nullable('number', 'How fast.'),
      eta_s: nullable('integer', 'Seconds until it has caught up, where that can be told.'),
      error: nullable('string', 'What stopped it.'),
      started_at: Type.String({ format: 'date-time' }),
      finished_at: nullable('string', 'When it had caught up or failed.'),
      expires_at: nullable('string', 'When it will be dropped.'),
      manifest: nullable('object', 'What was read and what came out, for `ledger replay verify`.'),
      warning: Type.Optional(
        nullable('string', 'In the answer of a change of what is read: what follows it later, where something does.'),
      ),
    }),
  ),
  named(
    'ReplayDiff',
    Type.Object(
      {
        kind: Type.Unsafe<string>({ type: 'string', enum: ['compared', 'not_compared', 'other_definition'] }),
        diff: Type.Optional(
          Type.Object({
            equal: Type.Boolean(),
            partitions: Type.Array(Type.Object({ partition: Type.Integer(), offset: Type.Integer() })),
            tables: Type.Array(
              Type.Object(
                {
                  table: Type.String(),
                  equal: Type.Boolean(),
                  only_here: Type.Integer(),
                  only_live: Type.Integer(),
                  different: Type.Integer(),
                },
                { additionalProperties: true, description: 'With rows, sha256, and the first rows that differ.' },
              ),
            ),
          }),
        ),
      },
      { additionalProperties: true },
    ),
  ),
];
