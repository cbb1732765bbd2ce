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
type Counts = typeof noCounts;

// What most events change is the same every time, and is made once.
const accepted: Counts = { ...noCounts, orders: 1, accepted: 1 };
const refused: Counts = { ...noCounts, orders: 1, refused: 1 };
const processing: Counts = { ...noCounts, processing: 1 };
const paid: Counts = { ...noCounts, paid: 1 };
const failed: Counts = { ...noCounts, failed: 1 };
const cancelled: Counts = { ...noCounts, cancelled: 1 };
const expired: Counts = { ...noCounts, expired: 1 };
const more = movesBy(1);
const less = movesBy(-1);

function project(event: JournalEvent): readonly Change[] {
  const { index, count } = event.meta;
  const changes = figuresOf(event);
  if (index === count - 1) changes.push(reached(event));
  return changes;
}

function figuresOf(event: JournalEvent): Change[] {
  switch (event.type) {
    case 'OrderPlaced':
      return [more.RESERVING];
    case 'OrderAccepted':
      return [
        counted(event, accepted),
        ...decided(event.data.version, 'PENDING'),
        customer(event, event.data.customer_id),
      ];
    case 'OrderRefused':
      return [...(isShort(event) ? [counted(event, refused)] : []), ...decided(event.data.version, 'REFUSED')];
    case 'OrderCancelled':
      return [counted(event, cancelled), less.PENDING, more.CANCELLED];
    case 'OrderExpired':
      return [counted(event, expired), less.PENDING, more.EXPIRED];
    case 'OrderProcessing':
      return [counted(event, processing), less.PENDING, more.PROCESSING];
    case 'OrderPaid':
      return [counted(event, paid), earned(event, event.data.total), less.PROCESSING, more.PAID];
    case 'OrderFailed':
      return [counted(event, failed), less.PROCESSING, more.FAILED];
    case 'StockSold':
      return [counted(event, { ...noCounts, units_sold: event.data.quantity })];
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
function decided(version: number, status: Status): readonly Change[] {
  return version > 1 ? [less.RESERVING, more[status]] : [more[status]];
}

function counted(event: JournalEvent, add: Counts): Change {
  return { op: 'add', table: 'kpi_daily', key: { date: dayOf(event) }, add };
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

/** For each status the change that so many more orders have it. */
function movesBy(orders: number) {
  const by = (status: OrderStatus): Change => ({
    op: 'add',
    table: 'kpi_statuses',
    key: { status },
    add: { orders },
  });
  return {
    RESERVING: by('RESERVING'),
    PENDING: by('PENDING'),
    PROCESSING: by('PROCESSING'),
    PAID: by('PAID'),
    FAILED: by('FAILED'),
    CANCELLED: by('CANCELLED'),
    EXPIRED: by('EXPIRED'),
    REFUSED: by('REFUSED'),
  };
}
type Status = keyof ReturnType<typeof movesBy>;

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
