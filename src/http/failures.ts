// HTTP room: from whatever went wrong to a problem answer. Clients learn the row of the table; causes go to the log.
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { Episode } from '../platform/episode.ts';
import { createEpisode } from '../platform/episode.ts';
import type { ProblemCode } from './problems.ts';
import { Problem, problemBody, problems } from './problems.ts';
import { ValidationFailed, fieldErrors } from './validation.ts';

export const problemType = 'application/problem+json';

const codesOfFastify: { readonly [code: string]: ProblemCode } = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
};

/** The problem that an error becomes. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ValidationFailed) {
    // An id in the path that no resource can have is an address without anything behind it.
    if (error.part === 'params') return new Problem('not_found');
    const errors = fieldErrors(error);
    const [first] = errors;
    return new Problem('validation_failed', {
      errors,
      ...(first === undefined ? {} : { detail: `${first.pointer} ${first.detail}` }),
    });
  }
  const known = codesOfFastify[textOf(error, 'code')];
  if (known !== undefined) return new Problem(known);
  const status = Number(textOf(error, 'statusCode'));
  return new Problem(status >= 400 && status < 500 ? 'bad_request' : 'internal_error', { cause: error });
}

/** Answers with a problem. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { code, facts } = problem;
  const { status, retryAfterS } = problems[code];
  const retryAfter = facts.retryAfterS ?? retryAfterS;
  const instance = (request.url.split('?', 1)[0] ?? '').slice(0, 512);
  reply.code(status).type(problemType).header('x-trace-id', request.id);
  if (facts.headers !== undefined) reply.headers(facts.headers);
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  return reply.send(JSON.stringify(problemBody(code, facts, { instance, traceId: request.id })));
}

/** Makes the error handler of the app: answers and logs; of an outage its begin and its end. */
export function createErrorHandler(
  logger: FastifyBaseLogger,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  const outages = new Map<ProblemCode, Episode>();
  return (error, request, reply) => {
    const problem = problemOfError(error);
    const facts = { code: problem.code, trace_id: request.id };
    const err = problem.facts.cause ?? error;
    if (problem.code === 'internal_error') {
      logger.error({ err, ...facts }, 'a request failed');
    } else if (problems[problem.code].status >= 500) {
      const outage = outages.get(problem.code) ?? createEpisode(logger, texts);
      outages.set(problem.code, outage);
      outage.trouble(err, facts);
    }
    return sendProblem(request, reply, problem);
  };
}

const texts = { begins: 'requests are answered 503', over: 'requests are answered again' };

function textOf(error: unknown, member: string): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, member) : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
