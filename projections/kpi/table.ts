// Tables of the projection kpi: what happened on each day (UTC, log time), and how far each partition was counted.
import type { Column, Table } from '../projection.ts';

const date: Column = { type: 'text', doc: 'The day, UTC, as YYYY-MM-DD.' };

export const kpiDaily: Table = {
  name: 'kpi_daily',
  doc: 'What happened on each day.',
  columns: {
    date,
    orders: { type: 'bigint', doc: 'Orders decided: accepted and refused.' },
    accepted: { type: 'bigint', doc: 'Orders accepted.' },
    refused: {
      type: 'bigint',
      doc: 'Orders refused because there was not enough; what is wrong with a request is no refusal of an order.',
    },
    processing: { type: 'bigint', doc: 'Orders whose payment began.' },
    paid: { type: 'bigint', doc: 'Orders paid.' },
    failed: { type: 'bigint', doc: 'Orders whose payment was declined.' },
    cancelled: { type: 'bigint', doc: 'Orders cancelled.' },
    expired: { type: 'bigint', doc: 'Orders not paid in time.' },
    units_sold: { type: 'bigint', doc: 'Units that left the stock for paid orders.' },
  },
  key: ['date'],
  indexes: [],
};

export const kpiRevenue: Table = {
  name: 'kpi_revenue',
  doc: 'What was paid on each day, one row a currency.',
  columns: {
    date,
    currency: { type: 'text', doc: 'ISO 4217 code.' },
    paid: { type: 'bigint', doc: 'Orders paid.' },
    revenue: { type: 'bigint', doc: 'Their sum in minor units of the currency.' },
  },
  key: ['date', 'currency'],
  indexes: [],
};

export const kpiCustomers: Table = {
  name: 'kpi_customers',
  doc: 'Who had an order accepted on each day.',
  columns: { date, customer_id: { type: 'text', doc: 'The customer.' } },
  key: ['date', 'customer_id'],
  indexes: [],
};

export const kpiStatuses: Table = {
  name: 'kpi_statuses',
  doc: 'How many orders have each status now.',
  columns: {
    status: { type: 'text', doc: 'RESERVING, PENDING, PROCESSING, PAID, FAILED, CANCELLED, EXPIRED or REFUSED.' },
    orders: { type: 'bigint', doc: 'Orders.' },
  },
  key: ['status'],
  indexes: [],
};

export const kpiPartitions: Table = {
  name: 'kpi_partitions',
  doc: 'How far each partition was counted.',
  columns: {
    partition: { type: 'integer', doc: 'Journal partition.' },
    at: { type: 'timestamptz', doc: 'Log time of the last command that was counted.' },
    command_offset: { type: 'bigint', doc: 'Its offset.' },
  },
  key: ['partition'],
  indexes: [],
};
