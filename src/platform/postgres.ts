// The one way to Postgres: a pool whose integers are numbers and whose waits all end.
import pg from 'pg';
import type { Config } from './config.ts';

export interface PostgresLog {
  error(fields: object, message: string): void;
}

const int8Oid = 20;
const idleMsMax = 30_000;
const keepAliveMs = 10_000;
/** A process that was paused in mid-transaction must not hold rows from the one that took over. */
const idleInTransactionMsMax = 10_000;
/** The server's own time-out comes first, so that its reason is what callers see. */
const replySlackMs = 1_000;

/**
 * Makes a pool. int8 becomes a number (an error where it is no safe integer), numeric stays text. Every method of the
 * pool rejects with the driver's error; a connection that breaks, idle or in use, is replaced.
 */
export function createPool(
  config: Pick<Config, 'databaseUrl' | 'postgresPoolMax' | 'postgresTimeoutMs'>,
  log: PostgresLog,
): pg.Pool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(int8Oid, 'text', toSafeInteger);
  const pool = new pg.Pool({
    connectionString: config.databaseUrl,
    application_name: 'order-ledger',
    max: config.postgresPoolMax,
    min: 0,
    connectionTimeoutMillis: config.postgresTimeoutMs,
    idleTimeoutMillis: idleMsMax,
    allowExitOnIdle: false,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    statement_timeout: config.postgresTimeoutMs,
    query_timeout: config.postgresTimeoutMs + replySlackMs,
    idle_in_transaction_session_timeout: idleInTransactionMsMax,
    types,
  });
  // Without these listeners the error of a connection would end the process. Whoever uses a connection hears of its end
  // by the statement that fails; while it is idle, only the log does.
  pool.on('error', (error) => log.error({ err: error }, 'an idle connection to Postgres broke'));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function toSafeInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} of Postgres is no safe integer`);
  return number;
}
