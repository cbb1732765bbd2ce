// What tests see of bare connections.
import type { Socket } from 'node:net';

/** What came first on a connection; the code of the error where it broke, empty where it just ended. */
export function firstLineOf(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once('data', (chunk) => resolve(chunk.toString().split('\r\n', 1)[0] ?? ''));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  socket.once('close', () => resolve(''));
  return promise;
}
