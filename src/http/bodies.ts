// HTTP room: from the bytes of a body to a value. JSON in UTF-8 only; an empty body is none, and whether one is needed
// is for the route's schema to say.
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problems.ts';

type Done = (error: Error | null, body?: unknown) => void;

/** Makes JSON the only media type of the app. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonReader(app));
}

/**
 * Lets the routes of this scope take a body without a media type, which is how clients send one that says nothing;
 * what curl makes of `-d '{}'` too.
 */
export function readUntypedBodies(scope: FastifyInstance): void {
  const read = jsonReader(scope);
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done: Done) => {
    const type = request.headers['content-type'] ?? '';
    if (body.length > 0 && type !== '' && !/^application\/x-www-form-urlencoded\b/i.test(type)) {
      return done(new Problem('unsupported_media_type'));
    }
    read(request, body, done);
  });
}

function jsonReader(app: FastifyInstance): (request: FastifyRequest, body: Buffer, done: Done) => void {
  const parse = app.getDefaultJsonParser('error', 'error');
  return (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      return done(new Problem('unsupported_media_type', { detail: 'The body must not be compressed.' }));
    }
    if (!isUtf8(body)) return done(new Problem('malformed_json'));
    void parse(request, body.toString('utf8'), (cause, value) =>
      cause === null ? done(null, value) : done(new Problem('malformed_json', { cause })),
    );
  };
}
