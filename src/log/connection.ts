// One way to append, opened when it is first needed. After any error the connection is dropped and the next append gets
// a new one: what an old one may still have under way is void by the canonical rule, or harmless.
import type { Appended, Appender, Log, OutgoingRecord } from './port.ts';

export interface Connection {
  /** As `Appender.append`. @throws LogError */
  append(
    topic: string,
    batches: ReadonlyMap<number, readonly OutgoingRecord[]>,
  ): Promise<ReadonlyMap<number, Appended>>;
  close(): Promise<void>;
}

/** Bytes of a record beside its value: framing, key, header. */
const recordOverheadBytes = 256;

/** Bytes that a record with this value adds to a request, counted generously. */
export function requestBytes(value: Uint8Array | null): number {
  return (value?.length ?? 0) + recordOverheadBytes;
}

export function createConnection(log: Pick<Log, 'openAppender'>): Connection {
  let appender: Appender | null = null;

  async function drop(): Promise<void> {
    const closing = appender;
    appender = null;
    await closing?.close();
  }

  return {
    append: async (topic, batches) => {
      try {
        appender ??= await log.openAppender();
        return await appender.append(topic, batches);
      } catch (error) {
        await drop();
        throw error;
      }
    },
    close: drop,
  };
}
