// HTTP room: POST /v1/audits: the proof from the log, for whoever has just put load on the service.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { documented } from '../openapi.ts';
import { Problem } from '../problems.ts';
import { goneOf } from '../requests.ts';
import type { Room } from '../room.ts';
import { bodyProblems } from './shared.ts';

/** What the answer may need beyond the audit itself, ms. */
const slackMs = 10_000;

const query = Type.Object(
  {
    at_rest: Type.Optional(
      Type.Boolean({ description: 'A command without an outcome is a finding: for when nobody asks any more.' }),
    ),
  },
  { additionalProperties: false },
);

const docs = documented({
  operationId: 'audit',
  summary: 'Read the log from zero and say whether it keeps every rule; one at a time.',
  tag: 'service',
  good: { 200: { description: 'The report, whatever was found: see `ok`.', schema: 'AuditReport' } },
  problems: bodyProblems,
});

export const auditRoutes =
  ({ audits, config }: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    app.post(
      '/audits',
      { config: { permission: 'audits' }, schema: { ...docs, querystring: query } },
      async (request, reply) => {
        const gone = new AbortController();
        void goneOf(reply).then(() => gone.abort(new Error('the client hung up')));
        // The connection is silent for as long as the audit takes, which may be longer than others may be.
        request.socket.setTimeout(config.auditMsMax + slackMs);
        try {
          const report = await audits.run({ atRest: request.query.at_rest === true }, gone.signal);
          if (report === null) throw new Problem('overloaded', { detail: 'Another audit is under way.' });
          return await reply.header('cache-control', 'no-store').send(report);
        } catch (cause) {
          if (cause instanceof Problem) throw cause;
          throw new Problem('dependency_down', { cause });
        } finally {
          request.socket.setTimeout(config.connectionTimeoutMs);
        }
      },
    );
    return Promise.resolve();
  };
