// What the projection order-history must show.
import { accepted, cancelled, created, createJournal, held, orderId, refused, released, timeOf } from './events.ts';
import type { JournalEvent } from '../../projections/projection.ts';
import type { Spec } from './spec.ts';

const a = orderId(1);
const b = orderId(2);

function eventsOf(): readonly JournalEvent[] {
  const home = createJournal(0);
  home.command(created('p-1'));
  home.command(held('p-1', a, 4, [10, 4]), accepted(a));
  home.command(cancelled(a, 'enough'), released('p-1', a, 4, [10, 0]));
  home.command({
    type: 'CommandRefused',
    data: { reason: 'not_cancellable', detail: 'It is cancelled.', product_id: null, order_id: a },
  });
  home.command({
    type: 'CommandRefused',
    data: { reason: 'no_record', detail: '-', product_id: null, order_id: null },
  });
  home.command({
    type: 'CommandRepeated',
    data: { order_id: a, product_id: null, first_offset: 3, decided: 'OrderAccepted' },
  });
  const other = createJournal(5);
  other.command(refused(b));
  return [...home.events, ...other.events];
}

const [at1, at2] = [timeOf(1), timeOf(2)];

export const orderHistorySpecs: readonly Spec[] = [
  {
    given: 'the life of an order, then every event that names it is a row, and no other',
    events: eventsOf(),
    rows: {
      order_events: [
        { partition: 0, journal_offset: 2, order_id: a, type: 'StockHeld', at: at1, command_offset: 1, actor: 'test' },
        { journal_offset: 3, order_id: a, type: 'OrderAccepted', at: at1, command_offset: 1 },
        { journal_offset: 4, type: 'OrderCancelled', at: at2, source_partition: null, source_offset: null },
        { journal_offset: 5, type: 'StockReleased', data: expectedRelease() },
        { journal_offset: 6, type: 'CommandRefused' },
        { journal_offset: 8, type: 'CommandRepeated', correlation_id: 'trace-1' },
        { partition: 5, journal_offset: 1, order_id: b, type: 'OrderRefused' },
      ],
    },
  },
  {
    given: 'an event as the decoder gives it, then what it says about itself is not part of what it says',
    events: eventsOf()
      .slice(0, 3)
      .map((event) => ({ ...event, data: Object.assign({ meta: event.meta }, event.data) }) as JournalEvent),
    rows: { order_events: [{ type: 'StockHeld', data: { ...expectedRelease(), held: 4 } }] },
  },
  {
    given: 'a message of another partition, then the row says where it came from',
    events: eventsOf()
      .slice(0, 4)
      .map((event) => ({ ...event, meta: { ...event.meta, source: { partition: 7, command_offset: 42 } } })),
    rows: {
      order_events: [
        { type: 'StockHeld', source_partition: 7, source_offset: 42 },
        { type: 'OrderAccepted', source_partition: 7, source_offset: 42 },
      ],
    },
  },
];

function expectedRelease() {
  return { product_id: 'p-1', order_id: a, quantity: 4, on_hand: 10, held: 0 };
}
