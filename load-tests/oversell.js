// The last unit and fifty buyers at once, each with a key of its own: one gets it, forty-nine are told that it is gone.
//   k6 run load-tests/oversell.js      BASE_URL and API_KEY (or LEDGER_URL and LEDGER_API_KEY) say where and as whom
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { auditPasses, complain, createProduct, holds, optionsFor, order, users, verdict } from './support.js';

const stock = 1;
const wanted = {
  orders_created: stock,
  orders_out_of_stock: users - stock,
  orders_other: 0,
  stock_right_at_the_end: 1,
  audit_passed: 1,
};
const counters = Object.fromEntries(Object.keys(wanted).map((name) => [name, new Counter(name)]));

export const options = optionsFor(wanted);

/** A product with one unit. Counters start at 0, so that one that never counts is judged as well. */
export function setup() {
  Object.values(counters).forEach((counter) => counter.add(0));
  return { product: createProduct('k6-oversell', stock) };
}

/** One buyer. */
export function rush({ product }) {
  const buyer = exec.vu.idInTest;
  const answer = order(product, `k6-buyer-${buyer}`, `${product}-${buyer}`);
  if (answer.status === 201) counters.orders_created.add(1);
  else if (answer.status === 409 && answer.json('code') === 'out_of_stock') counters.orders_out_of_stock.add(1);
  else {
    counters.orders_other.add(1);
    complain('neither sold nor out of stock', answer);
  }
}

/** The ledger itself says what is left, and its log whether it is true. */
export function teardown({ product }) {
  if (holds(product, stock, 1)) counters.stock_right_at_the_end.add(1);
  if (auditPasses()) counters.audit_passed.add(1);
}

export function handleSummary(data) {
  return verdict(`oversell: stock ${stock}, ${users} buyers at once`, wanted, data);
}
