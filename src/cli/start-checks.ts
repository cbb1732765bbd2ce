// What `serve` makes sure of before it takes part: a start changes nothing, it checks. A server that is away is waited
// for; what is wrong is said at once, with the way to put it right.
import { RegistryUnavailable, SchemaError, checkSchemas } from '../../schemas/registry.ts';
import { checkGenesis } from '../log/genesis.ts';
import { LogError } from '../log/port.ts';
import type { TopicFinding } from '../log/topics.ts';
import { checkTopics } from '../log/topics.ts';
import type { Config } from '../platform/config.ts';
import { createEpisode } from '../platform/episode.ts';
import type { Logger } from '../platform/logger.ts';
import { realPace } from '../platform/pace.ts';
import type { LogParts } from './parts.ts';
import { createRecordParts } from './parts.ts';

/** The service must not run like this; the message says what to change. */
export class StartRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StartRefused';
  }
}

const retryMs = 500;

/** @throws StartRefused naming every finding */
export function refuseFindings(findings: readonly TopicFinding[]): void {
  if (findings.length === 0) return;
  const lines = findings.map(
    (f) => `  ${f.topic}: ${f.setting} is ${f.is} and must be ${f.must_be}: ${f.how_to_change}`,
  );
  throw new StartRefused(`The topics do not keep the ledger's rules:\n${lines.join('\n')}`);
}

/** Checks topics, schemas and genesis. @throws StartRefused, SchemaError, LedgerAlarm; the signal's reason */
export async function checkStart(
  config: Config,
  logger: Logger,
  { kafka, log, topics }: LogParts,
  signal: AbortSignal,
): Promise<ReturnType<typeof createRecordParts> & { readonly ledgerId: string }> {
  const patiently = <T>(what: string, ask: () => Promise<T>): Promise<T> => retryOutage(what, ask, logger, signal);
  refuseFindings(await patiently('Kafka', () => checkTopics(kafka, { topics, partitions: config.partitions })));
  const lookUp = () => patiently('the schema registry', () => checkSchemas(config.schemaRegistryUrl, topics));
  const ids = await outlastLack(lookUp, { ...config, logger, signal, pace: realPace });
  const records = createRecordParts(config, logger, ids);
  const { partitions } = config;
  const genesis = { log, topic: topics.events, partitions, reading: records.reading };
  return { ...records, ledgerId: await patiently('Kafka', () => checkGenesis(genesis)) };
}

export interface LackOptions {
  /** How long schemas may be missing from the first answer on, ms. */
  readonly schemasLackMsMax: number;
  readonly logger: Pick<Logger, 'warn'>;
  readonly pace: Pick<typeof realPace, 'sleep' | 'now'>;
  readonly signal: AbortSignal;
}

/**
 * Asks again while schemas are missing: a registry that has just started answers before it has read all that was
 * registered, so that a lack is believed only if it lasts.
 * @throws SchemaError where it lasts; the signal's reason; at once whatever else `ask` throws
 */
export async function outlastLack<T>(ask: () => Promise<T>, options: LackOptions): Promise<T> {
  const { schemasLackMsMax, logger, pace, signal } = options;
  let since: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (err) {
      if (!(err instanceof SchemaError)) throw err;
      if (since === null) logger.warn({ err, ms: schemasLackMsMax }, 'schemas are missing; looking for them again');
      since ??= pace.now();
      if (pace.now() - since >= schemasLackMsMax) throw err;
    }
    await pace.sleep(retryMs, signal);
  }
}

async function retryOutage<T>(what: string, ask: () => Promise<T>, logger: Logger, signal: AbortSignal): Promise<T> {
  const texts = { begins: `${what} does not answer; the start waits for it`, over: `${what} answers` };
  const outage = createEpisode(logger, texts);
  for (;;) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (err) {
      const isOutage = (err instanceof LogError && err.code !== 'rejected') || err instanceof RegistryUnavailable;
      if (!isOutage) throw err;
      outage.trouble(err);
      await realPace.sleep(retryMs, signal);
    }
  }
}
