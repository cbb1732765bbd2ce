// A full and a bare command of every type.
import type { CommandRecord } from '../../schemas/records.ts';
import {
  bare,
  bareCommandMeta,
  commandMeta,
  huge,
  order,
  placed,
  price,
  refusal,
  source,
  uuidB,
  without,
} from './sample-values.ts';

export const fullCommands: readonly CommandRecord[] = [
  {
    type: 'AdjustStock',
    meta: commandMeta,
    data: { product_id: 'A-1', delta: -5, set_to: null, expected_version: 3, reason: 'broken', reference: 'R-1' },
  },
  {
    type: 'AnswerHold',
    meta: commandMeta,
    data: { order_id: order, offset: huge, prices: [{ product_id: 'B_2', unit_price: price }], refusal, source },
  },
  { type: 'BeginProcessing', meta: commandMeta, data: { order_id: order, attempt_id: uuidB } },
  { type: 'ExpireOrder', meta: commandMeta, data: { order_id: order } },
  {
    type: 'HoldStock',
    meta: commandMeta,
    data: { order_id: order, currency: 'EUR', lines: [{ product_id: 'B_2', quantity: 1_000_000 }], source },
  },
  {
    type: 'RecordPayment',
    meta: commandMeta,
    data: {
      order_id: order,
      attempt_id: uuidB,
      result: 'captured',
      amount: price,
      reason: 'approved',
      gateway_reference: 'ch_1',
    },
  },
  { type: 'RequestPayment', meta: commandMeta, data: { order_id: order } },
  { type: 'SettleHold', meta: commandMeta, data: { order_id: order, settlement: 'sold', source } },
  { type: 'ArchiveProduct', meta: commandMeta, data: { product_id: 'A-1', expected_version: 4 } },
  { type: 'CancelOrder', meta: commandMeta, data: { order_id: order, expected_version: 1, reason: 'changed my mind' } },
  {
    type: 'ChangeProduct',
    meta: commandMeta,
    data: { product_id: 'A-1', expected_version: 2, name: 'Köln', price, low_stock_threshold: { value: 10 } },
  },
  {
    type: 'CreateProduct',
    meta: commandMeta,
    data: {
      product_id: 'A-1',
      name: 'Mug ☕',
      price,
      stock: 1_000_000_000_000,
      low_stock_threshold: 5,
      billing: 'recurring',
      frequency: 'monthly',
    },
  },
  {
    type: 'PlaceOrder',
    meta: commandMeta,
    data: {
      ...without(placed, 'total'),
      lines: [{ product_id: 'A-1', quantity: 1_000_000, priority: 'critical' }],
      expires_after_s: 900,
      repeat_window_s: 60,
    },
  },
];

export const bareCommands: readonly CommandRecord[] = [
  {
    type: 'AdjustStock',
    meta: bareCommandMeta,
    data: { product_id: 'A', delta: null, set_to: 0, expected_version: null, reason: '', reference: null },
  },
  {
    type: 'AnswerHold',
    meta: bareCommandMeta,
    data: { order_id: order, offset: 1, prices: [], refusal: null, source },
  },
  { type: 'BeginProcessing', meta: bareCommandMeta, data: { order_id: order, attempt_id: uuidB } },
  { type: 'ExpireOrder', meta: bareCommandMeta, data: { order_id: order } },
  { type: 'HoldStock', meta: bareCommandMeta, data: { order_id: order, currency: '', lines: [], source } },
  {
    type: 'RecordPayment',
    meta: bareCommandMeta,
    data: {
      order_id: order,
      attempt_id: uuidB,
      result: 'declined',
      amount: null,
      reason: null,
      gateway_reference: null,
    },
  },
  { type: 'RequestPayment', meta: bareCommandMeta, data: { order_id: order } },
  { type: 'SettleHold', meta: bareCommandMeta, data: { order_id: order, settlement: 'released', source } },
  { type: 'ArchiveProduct', meta: bareCommandMeta, data: { product_id: 'A', expected_version: null } },
  { type: 'CancelOrder', meta: bareCommandMeta, data: { order_id: order, expected_version: null, reason: null } },
  {
    type: 'ChangeProduct',
    meta: bareCommandMeta,
    data: { product_id: 'A', expected_version: null, name: null, price: null, low_stock_threshold: null },
  },
  {
    type: 'CreateProduct',
    meta: bareCommandMeta,
    data: {
      product_id: 'A',
      name: 'A',
      price: { amount: 0, currency: 'USD' },
      stock: null,
      low_stock_threshold: null,
      billing: 'single',
      frequency: null,
    },
  },
  {
    type: 'PlaceOrder',
    meta: bareCommandMeta,
    data: { ...without(bare, 'total'), lines: [], expires_after_s: 1, repeat_window_s: 0 },
  },
];
