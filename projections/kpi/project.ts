// Projection kpi: what happened on each day, how many orders stand where, and how far that was counted. A day is a UTC
// day of log time.
import type { Change, JournalEvent, Projection } from '../projection.ts';
import type { OrderStatus } from '../views.ts';
import { kpiCustomers, kpiDaily, kpiPartitions, kpiRevenue, kpiStatuses } from './table.ts';

export const kpi: Projection = {
  name: 'kpi',
  version: 2,
  tables: [kpiDaily, kpiRevenue, kpiCustomers, kpiStatuses, kpiPartitions],
  project,
};

/** All counters are named in every change, so that a row has all of them and all rows go by one statement. */
const noCounts = {
  orders: 0,
  accepted: 0,
  refused: 0,
  processing: 0,
  paid: 0,
  failed: 0,
  cancelled: 0,
  expired: 0,
  units_sold: 0,
};

function project(event: JournalEvent): readonly Change[] {
  const { index, count } = event.meta;
  const changes = figuresOf(event);
  if (index === count - 1) changes.push(reached(event));
  return changes;
}

function figuresOf(event: JournalEvent): Change[] {
  switch (event.type) {
    case 'OrderPlaced':
      return [moved('RESERVING', 1)];
    case 'OrderAccepted':
      return [
        counted(event, { orders: 1, accepted: 1 }),
        ...decided(event.data.version, 'PENDING'),
        customer(event, event.data.customer_id),
      ];
    case 'OrderRefused':
      return [
        ...(isShort(event) ? [counted(event, { orders: 1, refused: 1 })] : []),
        ...decided(event.data.version, 'REFUSED'),
      ];
    case 'OrderCancelled':
      return [counted(event, { cancelled: 1 }), moved('PENDING', -1), moved('CANCELLED', 1)];
    case 'OrderExpired':
      return [counted(event, { expired: 1 }), moved('PENDING', -1), moved('EXPIRED', 1)];
    case 'OrderProcessing':
      return [counted(event, { processing: 1 }), moved('PENDING', -1), moved('PROCESSING', 1)];
    case 'OrderPaid':
      return [counted(event, { paid: 1 }), earned(event, event.data.total), moved('PROCESSING', -1), moved('PAID', 1)];
    case 'OrderFailed':
      return [counted(event, { failed: 1 }), moved('PROCESSING', -1), moved('FAILED', 1)];
    case 'StockSold':
      return [counted(event, { units_sold: event.data.quantity })];
    case 'CommandRefused':
    case 'CommandRepeated':
    case 'HoldAnswered':
    case 'LedgerOpened':
    case 'PaymentRequested':
    case 'ProductArchived':
    case 'ProductChanged':
    case 'ProductCreated':
    case 'StockAdjusted':
    case 'StockHeld':
    case 'StockHoldGranted':
    case 'StockHoldRefused':
    case 'StockReleased':
      return [];
  }
}

/**
 * Whether an order was refused because there was not enough. Any other reason is a fault of the request: an order of one
 * partition is turned down for it before it is an order, so one that had to ask others counts as little.
 */
function isShort({ data: { reason } }: Extract<JournalEvent, { type: 'OrderRefused' }>): boolean {
  return reason === 'out_of_stock';
}

/** The status of an order after its decision; where other partitions were asked it was RESERVING until then. */
function decided(version: number, status: OrderStatus): readonly Change[] {
  return version > 1 ? [moved('RESERVING', -1), moved(status, 1)] : [moved(status, 1)];
}

function counted(event: JournalEvent, counts: Partial<typeof noCounts>): Change {
  return { op: 'add', table: 'kpi_daily', key: { date: dayOf(event) }, add: { ...noCounts, ...counts } };
}

function earned(
  event: JournalEvent,
  { amount, currency }: { readonly amount: number; readonly currency: string },
): Change {
  return { op: 'add', table: 'kpi_revenue', key: { date: dayOf(event), currency }, add: { paid: 1, revenue: amount } };
}

function customer(event: JournalEvent, customerId: string): Change {
  return { op: 'insert', table: 'kpi_customers', key: { date: dayOf(event), customer_id: customerId }, set: {} };
}

function moved(status: OrderStatus, orders: number): Change {
  return { op: 'add', table: 'kpi_statuses', key: { status }, add: { orders } };
}

function reached({ partition, meta: { at, command_offset } }: JournalEvent): Change {
  return { op: 'put', table: 'kpi_partitions', key: { partition }, set: { at, command_offset } };
}

const dayMs = 86_400_000;
/** The day named last: neighbours in the journal are mostly of one day, and naming it is most of the work. */
const last = { day: Number.NaN, date: '' };

/** The UTC day of an event, as YYYY-MM-DD. */
export function dayOf({ meta: { at } }: Pick<JournalEvent, 'meta'>): string {
  const day = Math.floor(at / dayMs);
  if (day !== last.day) {
    last.day = day;
    last.date = dateOf(day);
  }
  return last.date;
}

/** The civil date of a day since the epoch, by arithmetic on years that begin in March. */
function dateOf(day: number): string {
  const days = day + 719_468;
  const era = Math.floor(days / 146_097);
  const ofEra = days - era * 146_097;
  const leapDays = Math.floor(ofEra / 1_460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const year = Math.floor((ofEra - leapDays) / 365);
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * ofYear + 2) / 153);
  const ofMonth = ofYear - Math.floor((153 * month + 2) / 5) + 1;
  const civil = month < 10 ? [year + era * 400, month + 3] : [year + era * 400 + 1, month - 9];
  return [...civil, ofMonth].map((part, i) => String(part).padStart(i === 0 ? 4 : 2, '0')).join('-');
}
