// Platform room: what a setting is.
import { z } from 'zod';

/** One variable of the environment. */
export interface Setting<T> {
  readonly env: string;
  readonly schema: z.ZodType<T>;
  /** As it would be written in the environment; undefined where it must be given. */
  readonly fallback: string | undefined;
  readonly doc: string;
}

export interface Environment {
  readonly [variable: string]: string | undefined;
}

/** Who gave a setting its value: the environment itself, the file that `make up` wrote, or nobody. */
export type SettingSource = 'environment' | '.run/env' | 'default';

/** A setting as an environment has it. */
export interface ReadSetting {
  readonly variable: string;
  /** As it was written; undefined where it must be given and was not. */
  readonly text: string | undefined;
  readonly from: SettingSource;
  readonly value: unknown;
  /** Why it is not acceptable; null where it is. */
  readonly fault: string | null;
}

/** Names of the variables that bin/ledger took from .run/env, where the environment was silent. */
export const fromFileVariable = 'LEDGER_FROM_RUN_ENV';

/** A whole number within limits. */
export const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
/** A list, comma separated. */
export const list = z
  .string()
  .min(1)
  .transform((text) => text.split(',').map((part) => part.trim()));

export function setting<T>(env: string, schema: z.ZodType<T>, fallback: string | undefined, doc: string): Setting<T> {
  return { env, schema, fallback, doc };
}

/** Reads one setting. An empty variable counts as absent. */
export function readSetting({ env: variable, schema, fallback }: Setting<unknown>, env: Environment): ReadSetting {
  const given = env[variable] === '' ? undefined : env[variable];
  const text = given ?? fallback;
  const parsed = schema.safeParse(text);
  const fromFile = (env[fromFileVariable] ?? '').split(' ').includes(variable);
  const from = given === undefined ? 'default' : fromFile ? '.run/env' : 'environment';
  if (parsed.success) return { variable, text, from, value: parsed.data, fault: null };
  const shown = given === undefined ? 'is missing' : 'is not acceptable';
  const fault = `${variable} ${shown}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`;
  return { variable, text, from, value: undefined, fault };
}
