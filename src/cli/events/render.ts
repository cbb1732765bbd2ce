// How an entry of the journal is shown: one line for people, one object for programs.
import type { EventRecord } from '../../../schemas/records.ts';
import type { JournalEntry } from './journal.ts';

/** One line: position, time, type, what it says, and the command that caused it. */
export function renderEntry(entry: JournalEntry): string {
  const { partition, offset, at, counts, content } = entry;
  const head = [`${partition}:${offset}`, new Date(at).toISOString(), ...(counts ? [] : ['(void)'])];
  if ('unreadable' in content) return [...head, 'unreadable:', plain(content.unreadable)].join('  ');
  const { type, data, meta } = content.event;
  const facts = factsOf(data).flatMap(([name, value]) => (isNothing(value) ? [] : [`${name}=${shown(value)}`]));
  const cause = meta.command_offset < 0 ? [] : [`<- ${partition}:${meta.command_offset} ${meta.command_id}`];
  return [...head, type, facts.join(' '), ...cause, `by ${plain(meta.actor)}`].join('  ');
}

/** The same as an object that can be written as JSON. */
export function entryToJson({ partition, offset, at, counts, content }: JournalEntry): object {
  const place = { position: `${partition}:${offset}`, at: new Date(at).toISOString(), void: !counts };
  if ('unreadable' in content) return { ...place, type: null, error: content.unreadable };
  const { type, data, meta } = content.event;
  return {
    ...place,
    type,
    command_id: meta.command_id,
    actor: meta.actor,
    cause: meta.command_offset < 0 ? null : `${partition}:${meta.command_offset}`,
    index: meta.index,
    count: meta.count,
    source: meta.source,
    correlation_id: meta.correlation_id,
    writer: meta.writer,
    data: Object.fromEntries(factsOf(data)),
  };
}

export function isAboutOrder({ data }: EventRecord, orderId: string): boolean {
  return 'order_id' in data && data.order_id === orderId;
}

/** What an event says; as it was decoded, it holds its meta as well. */
function factsOf(data: EventRecord['data']): readonly [name: string, value: unknown][] {
  return Object.entries(data).filter(([name]) => name !== 'meta');
}

function isNothing(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return /^[\w.@:+-]+$/.test(value) ? value : plain(JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(shown).join(',');
  if ('amount' in value && 'currency' in value) return `${String(value.amount)}${String(value.currency)}`;
  if ('product_id' in value && 'quantity' in value) return `${String(value.product_id)}*${String(value.quantity)}`;
  return plain(JSON.stringify(value));
}

/** Clients chose some of these words: what would end the line or steer a terminal is written out. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
