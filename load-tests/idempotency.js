// One order sent fifty times at once under one key: it is created once, and everybody else is shown that same order.
//   k6 run load-tests/idempotency.js   BASE_URL and API_KEY (or LEDGER_URL and LEDGER_API_KEY) say where and as whom
import { Counter, Trend } from 'k6/metrics';
import {
  auditPasses,
  complain,
  createProduct,
  holds,
  optionsFor,
  order,
  readUntil,
  users,
  verdict,
} from './support.js';

const stock = 100;
const wanted = {
  orders_created: 1,
  orders_replayed: users - 1,
  orders_other: 0,
  orders_in_the_ledger: 1,
  stock_right_at_the_end: 1,
  audit_passed: 1,
};
const counters = Object.fromEntries(Object.keys(wanted).map((name) => [name, new Counter(name)]));
// Virtual users share no memory: the least and the greatest tail of the order ids answered tell whether all are one.
const idTails = new Trend('order_id_tails');

export const options = optionsFor(wanted);

/** A product with units enough for every repeat, if repeats were to order. */
export function setup() {
  Object.values(counters).forEach((counter) => counter.add(0));
  return { product: createProduct('k6-idempotency', stock) };
}

/** One sending of the one order. */
export function rush({ product }) {
  const answer = order(product, 'k6-buyer', `${product}-key`);
  const replayed = answer.headers['Idempotent-Replayed'] === 'true';
  if (answer.status === 201 && !replayed) counters.orders_created.add(1);
  else if (answer.status === 200 && replayed) counters.orders_replayed.add(1);
  else {
    counters.orders_other.add(1);
    complain('neither created nor replayed', answer);
    return;
  }
  idTails.add(parseInt(answer.json('order_id').slice(-12), 16));
}

/** The ledger itself says how many orders there are and what they hold. */
export function teardown({ product }) {
  const list = readUntil(`/v1/orders?product_id=${product}`, ({ data }) => data.length > 0);
  counters.orders_in_the_ledger.add(list === null ? 0 : list.data.length);
  if (holds(product, stock, 1)) counters.stock_right_at_the_end.add(1);
  if (auditPasses()) counters.audit_passed.add(1);
}

export function handleSummary(data) {
  const tails = data.metrics.order_id_tails?.values;
  const oneId = tails !== undefined && tails.min === tails.max && tails.count === users;
  const faults = oneId ? [] : ['  the answers do not all name one order'];
  return verdict(`idempotency: one key, ${users} times at once`, wanted, data, { faults });
}
