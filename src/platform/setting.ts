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
