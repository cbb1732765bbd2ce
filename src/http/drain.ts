// HTTP room: the end of the service. It stops listening at once, which tells whoever wants to connect that nothing was
// sent; connections that are open still bring requests for a while, and every answer says that it is the last one.
import { once } from 'node:events';
import { Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../platform/config.ts';
import { takeConnected } from './crowd.ts';
import { timer } from './timer.ts';

/** Part of the time of a shutdown in which connections may be open; what is left is for the roles to leave in order. */
const shareOfShutdown = 0.7;

/**
 * Has `app.close()` let go of connections without losing a request: requests under way are answered, and those that
 * are sent on an open connection within `drainMs`. Requests that are not answered in time lose their connection.
 * @returns whether the end has begun
 */
export function drainAtClose(
  app: FastifyInstance,
  { drainMs, shutdownMsMax }: Pick<Config, 'drainMs' | 'shutdownMsMax'>,
): () => boolean {
  let draining = false;
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (draining) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('preClose', async () => {
    draining = true;
    const { server } = app;
    if (!server.listening) return;
    const limitMs = shutdownMsMax * shareOfShutdown;
    const closed = once(server, 'close');
    // Also for connections that never said anything: to HTTP these are not idle.
    const limit = setTimeout(() => server.closeAllConnections(), limitMs);
    server.once('close', () => clearTimeout(limit));
    // Where the listening ends, who has connected and was not let in is reset, perhaps with a request sent.
    await takeConnected(server, Math.min(drainMs, limitMs));
    // The end of HTTP's own server would close idle connections now, perhaps with a request on its way.
    Server.prototype.close.call(server);
    const grace = timer(Math.min(drainMs, limitMs));
    await Promise.race([closed, grace.passed]);
    grace.clear();
  });
  return () => draining;
}
