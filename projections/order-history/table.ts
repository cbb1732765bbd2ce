// Table of the projection order-history: every event that names an order.
import type { Table } from '../projection.ts';

export const orderEvents: Table = {
  name: 'order_events',
  doc: 'Every event of every order, also of partitions other than its own; its position in the journal is its identity.',
  columns: {
    partition: { type: 'integer', doc: 'Journal partition of the event.' },
    journal_offset: { type: 'bigint', doc: 'Journal offset of the event.' },
    order_id: { type: 'text', doc: 'The order.' },
    type: { type: 'text', doc: 'Name of the event.' },
    at: { type: 'timestamptz', doc: 'Log time.' },
    command_id: { type: 'text', doc: 'Identity of the request that led to it.' },
    actor: { type: 'text', doc: 'Who asked.' },
    command_offset: { type: 'bigint', doc: 'Offset of the command that caused it, in the same partition.' },
    source_partition: { type: 'integer', doc: 'Where that command was a message: the partition that sent it.' },
    source_offset: { type: 'bigint', doc: 'Where that command was a message: the command there that sent it.' },
    correlation_id: { type: 'text', doc: 'The trace that the command belongs to.' },
    data: { type: 'jsonb', doc: 'What the event says, member by member.' },
  },
  key: ['partition', 'journal_offset'],
  // An order has few events: they are sorted when they are read.
  indexes: [['order_id']],
};
