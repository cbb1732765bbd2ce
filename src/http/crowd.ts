// HTTP room: a crowd that connects at once. Node takes one connection in a turn of the event loop, however many wait; a
// turn that also serves who is in already is long, and the last of two hundred would wait for two hundred of them.
import type { Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { nextTurn } from '../platform/pace.ts';

/** Turns of the event loop without a new connection after which nobody waits; the first may be half over. */
const quietTurns = 2;
/** Requests that go on in one turn after they were held up. */
const releasedAtOnce = 50;

/**
 * Holds requests up while connections come in, `msMax` at most, so that all of a crowd are let in before the first of it
 * is served.
 */
export function letCrowdsIn(app: FastifyInstance, msMax: number): void {
  let waiting: (() => void)[] = [];
  let holding = false;

  async function hold(): Promise<void> {
    holding = true;
    await takeConnected(app.server, msMax);
    holding = false;
    const held = waiting;
    waiting = [];
    // In several turns: of one that takes too long the rest is refused, and here nobody was slow.
    for (let i = 0; i < held.length; i += releasedAtOnce) {
      for (const goOn of held.slice(i, i + releasedAtOnce)) goOn();
      await nextTurn();
    }
  }

  app.server.on('connection', () => {
    if (!holding) void hold();
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    if (holding) waiting.push(done);
    else done();
  });
}

/** Resolves when the kernel has nobody left who waits to be let in, after `msMax` at the latest. */
export async function takeConnected(server: Server, msMax: number): Promise<void> {
  const until = performance.now() + msMax;
  let quiet = 0;
  const note = (): void => {
    quiet = -1;
  };
  server.on('connection', note);
  while (quiet < quietTurns && performance.now() < until) {
    await nextTurn();
    quiet += 1;
  }
  server.off('connection', note);
}
