// The log on Kafka: the port, wired from its parts. The only room that knows kafkajs.
import type { Appender, Log } from '../port.ts';
import { LogError } from '../port.ts';
import { createAdmin } from './admin.ts';
import { openAppender } from './appender.ts';
import type { KafkaClientOptions } from './client.ts';
import type { Following } from './follower.ts';
import { startFollowing } from './follower.ts';
import { createReader } from './reader.ts';

export interface KafkaLogOptions extends KafkaClientOptions {
  /** Milliseconds that an append may go unanswered before its fate counts as unknown. */
  readonly appendTimeoutMs: number;
}

/** Connects lazily: what needs a broker says so when it is used. */
export function createKafkaLog(options: KafkaLogOptions): Log {
  const admin = createAdmin(options);
  const appenders = new Set<Appender>();
  const followings = new Set<Following>();
  const background = new Set<Promise<void>>();
  let closed = false;

  /** Work that nobody waits for until the log is closed. It must not reject. */
  function later(work: Promise<void>): void {
    background.add(work);
    void work.then(() => background.delete(work));
  }

  function checkOpen(): void {
    if (closed) throw new LogError('unavailable', 'the log was closed');
  }

  const read = createReader(options, admin, later);
  return {
    async openAppender() {
      checkOpen();
      const appender = await openAppender(options, options.appendTimeoutMs);
      const { append } = appender;
      const tracked: Appender = {
        append,
        async close() {
          appenders.delete(tracked);
          await appender.close();
        },
      };
      appenders.add(tracked);
      return tracked;
    },
    ends: admin.ends,
    committed: admin.committed,
    async read(range, onRecords, signal) {
      checkOpen();
      await read(range, onRecords, signal);
    },
    async follow(follow) {
      checkOpen();
      const following = startFollowing(options, admin, follow);
      followings.add(following);
      const follower = await following.joined;
      return {
        ...follower,
        async stop() {
          followings.delete(following);
          await following.stop();
        },
      };
    },
    async close() {
      closed = true;
      await Promise.all([...followings].map((following) => following.stop()));
      await Promise.all([...appenders].map((appender) => appender.close()));
      await Promise.all(background);
      await admin.close();
    },
  };
}
