// CLI room: what was asked for, from text: until when, which types, how fast, for how long.
import type { ReplayRange, ReplayRequest } from '../../../projections/replays.ts';
import { eventNames } from '../../../schemas/generated.ts';
import { parseProductId } from '../../http/ids.ts';
import { offsetsIn, timeIn } from '../moments.ts';

/** Text that cannot be what was asked for; the message says what would be. */
export class BadRequest extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.name = 'BadRequest';
    this.field = field;
  }
}

export interface Asked {
  readonly until?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly product?: string | undefined;
  readonly rate?: number | undefined;
}

/** Checks it. @throws BadRequest */
export function requestOf(asked: Asked, file: string | null, rate: number): ReplayRequest {
  const { until = null, product = null } = asked;
  const types = asked.types ?? null;
  const stranger = types?.find((type) => !eventNames.some((known) => known === type));
  if (stranger !== undefined) throw new BadRequest('types', `${stranger} is none of ${eventNames.join(', ')}`);
  if (product !== null && parseProductId(product) === null) throw new BadRequest('product', 'it is no product id');
  return { until, untilMs: untilMsOf(until), types, product, file, rate: asked.rate ?? rate };
}

function untilMsOf(until: string | null): number | null {
  if (until === null || offsetsIn(until) !== null) return null;
  const time = timeIn(until);
  if (time !== null) return time;
  const text = 'give an ISO 8601 time with its zone, such as 2026-03-01T12:00:00Z, or partition:offset[,…]';
  throw new BadRequest('until', text);
}

/** The ranges of a replay: to the ends given, or to the offsets that were asked for. @throws BadRequest */
export function boundedRanges(whole: readonly ReplayRange[], until: string | null): readonly ReplayRange[] {
  const offsets = until === null ? null : offsetsIn(until);
  if (offsets === null) return whole;
  for (const [partition, offset] of offsets) {
    const range = whole.find((one) => one.partition === partition);
    if (range === undefined) throw new BadRequest('until', `there is no partition ${partition}`);
    if (offset > range.to) {
      throw new BadRequest('until', `partition ${partition} ends at offset ${range.to}, before ${offset}`);
    }
  }
  return whole.map((range) => ({ ...range, to: offsets.get(range.partition) ?? range.to }));
}

/** A time span such as 90s, 30m, 12h or 7d, in seconds. @throws BadRequest */
export function spanOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 }[unit];
  if (count === undefined || seconds === undefined)
    throw new BadRequest('expires', 'give a time such as 30m, 12h or 7d');
  return Number(count) * seconds;
}
