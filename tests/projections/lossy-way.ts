// A way to Postgres on which a reply can get lost: the server gets the statement and obeys, the connection breaks before
// the client hears of it.
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

export interface LossyWay {
  /** The same database over this way. */
  readonly url: string;
  /** The next connection that sends this statement breaks before its answer arrives. */
  loseReplyTo(statement: string): void;
  /** Replies lost so far. */
  lost(): number;
  /** Breaks all connections and refuses new ones, until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function openLossyWay(databaseUrl: string): Promise<LossyWay> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let losing: Buffer | null = null;
  let lost = 0;
  let isCut = false;

  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A broken connection is what these tests make; both ends hear of it by `close`.
    socket.on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    keep(client);
    keep(upstream);
    let mute = false;
    client.on('data', (bytes) => {
      if (losing !== null && bytes.includes(losing)) {
        losing = null;
        mute = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!mute) client.write(bytes);
      else if (!client.destroyed) {
        lost += 1;
        client.destroy();
      }
    });
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.end());
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no TCP address'));
      else resolve(address.port);
    });
  });
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    url: url.toString(),
    loseReplyTo(statement) {
      losing = Buffer.from(statement);
    },
    lost: () => lost,
    cut() {
      isCut = true;
      breakAll();
    },
    mend() {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        breakAll();
      }),
  };
}
