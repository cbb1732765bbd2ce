// CLI room: what the verbs have in common: settings, JSON output, lists in options, and an end by signal.
import { once } from 'node:events';
import { InvalidArgumentError } from 'commander';
import type { Config } from '../../platform/config.ts';
import { readConfig } from '../../platform/config.ts';
import type { Logger } from '../../platform/logger.ts';
import { createLogger } from '../../platform/logger.ts';

/** Reads the configuration and makes the logger. `quiet` keeps ordinary words out of a verb's own output. */
export function setUp(quiet?: 'warn'): [Config, Logger] {
  const config = readConfig();
  return [config, createLogger(quiet !== undefined && config.logLevel === 'info' ? { logLevel: quiet } : config)];
}

/**
 * Like `setUp`, for verbs whose output is read by people or programs: the log goes to standard error, and has nothing
 * below `least` unless the setting asks for more than the default.
 */
export function setUpForReading(least: 'warn' | 'silent' = 'warn'): [Config, Logger] {
  const config = readConfig();
  const level = config.logLevel === 'info' ? least : config.logLevel;
  return [config, createLogger({ logLevel: level }, process.stderr)];
}

export function print(result: unknown): void {
  console.log(JSON.stringify(result, null, 2));
}

/** Writes a line, and waits while its reader is slow. */
export async function writeLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

/** What was asked for does not fit together; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Reads names from a list that has to be made of the known ones. @throws InvalidArgumentError */
export function parseList<T extends string>(text: string, known: readonly T[]): readonly T[] {
  return text.split(',').map((name) => {
    const found = known.find((one) => one === name.trim());
    if (found === undefined) throw new InvalidArgumentError(`${name} is none of ${known.join(', ')}.`);
    return found;
  });
}

/** Runs work that SIGINT and SIGTERM end in order; a second signal ends the process at once. */
export async function untilSignal(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Interrupted());
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await work(stopping.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** Somebody asked the program to end before it was done. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}
