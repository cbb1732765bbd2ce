// A flash sale: 5,000 buyers, 500 units. Exactly 500 are sold, everybody else is told that they are gone, and the log
// agrees. A buyer who hears "not yet" asks again with the same key.
//   k6 run load-tests/flash-sale.js    -e UNITS=, -e BUYERS=, -e AT_ONCE= for other sizes
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { auditPasses, buy, complain, createProduct, holds, optionsFor, setting, verdict } from './support.js';

const units = setting('UNITS', 500);
const buyers = setting('BUYERS', 5_000);
const atOnce = Math.min(buyers, setting('AT_ONCE', 200));
const sold = Math.min(units, buyers);
const wanted = {
  orders_sold: sold,
  orders_out_of_stock: buyers - sold,
  orders_other: 0,
  stock_right_at_the_end: 1,
  audit_passed: 1,
};
const counters = Object.fromEntries(Object.keys(wanted).map((name) => [name, new Counter(name)]));
const askedAgain = new Counter('asked_again');

export const options = optionsFor(wanted, {
  executor: 'shared-iterations',
  vus: atOnce,
  iterations: buyers,
  maxDuration: '10m',
});

export function setup() {
  Object.values(counters).forEach((counter) => counter.add(0));
  return { product: createProduct('k6-flash-sale', units) };
}

/** One buyer. */
export function rush({ product }) {
  const buyer = exec.scenario.iterationInTest;
  const { answer, again, result } = buy(product, `k6-buyer-${buyer}`, `${product}-${buyer}`);
  askedAgain.add(again);
  if (result === 'sold') counters.orders_sold.add(1);
  else if (result === 'gone') counters.orders_out_of_stock.add(1);
  else {
    counters.orders_other.add(1);
    complain('neither sold nor out of stock', answer);
  }
}

export function teardown({ product }) {
  if (holds(product, units, sold)) counters.stock_right_at_the_end.add(1);
  if (auditPasses()) counters.audit_passed.add(1);
}

export function handleSummary(data) {
  return verdict(`flash sale: ${units} units, ${buyers} buyers`, wanted, data, { shown: ['asked_again'] });
}
