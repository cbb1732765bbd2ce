// The gateway as a process of its own: settings from the environment, the record in a folder, SIGTERM ends it.
//   GATEWAY_SECRET=… node stack/gateway/main.ts   (GATEWAY_PORT, GATEWAY_HOST, GATEWAY_DIR, GATEWAY_SUCCESS_RATE, …)
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createGateway } from './app.ts';
import { usualBehaviour } from './behaviour.ts';
import { openRecord } from './record.ts';

const portFallback = 8090;

const { env } = process;
const secret = env['GATEWAY_SECRET'] ?? '';
if (secret === '') throw new Error('GATEWAY_SECRET must be set: it signs the answers');
const dir = env['GATEWAY_DIR'] ?? '';
if (dir !== '') mkdirSync(dir, { recursive: true });

const app = createGateway({
  secret,
  record: openRecord(dir === '' ? null : join(dir, 'attempts.jsonl')),
  behaviour: {
    seed: textOf('GATEWAY_SEED', usualBehaviour.seed),
    success_rate: numberOf('GATEWAY_SUCCESS_RATE', usualBehaviour.success_rate, 1),
    latency_ms: numberOf('GATEWAY_LATENCY_MS', usualBehaviour.latency_ms, 600_000),
    latency_jitter_ms: numberOf('GATEWAY_LATENCY_JITTER_MS', usualBehaviour.latency_jitter_ms, 600_000),
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  });
}
const url = await app.listen({
  port: numberOf('GATEWAY_PORT', portFallback, 65_535),
  host: textOf('GATEWAY_HOST', '127.0.0.1'),
});
process.stdout.write(`${JSON.stringify({ msg: 'serving', url })}\n`);

/** An empty variable counts as absent. */
function textOf(variable: string, fallback: string): string {
  const text = env[variable] ?? '';
  return text === '' ? fallback : text;
}

/** @throws Error where the variable is set and is no number from 0 to `max` */
function numberOf(variable: string, fallback: number, max: number): number {
  const text = env[variable] ?? '';
  const value = text === '' ? fallback : Number(text);
  if (Number.isFinite(value) && value >= 0 && value <= max) return value;
  throw new Error(`${variable} must be a number from 0 to ${max}, not ${text}`);
}
