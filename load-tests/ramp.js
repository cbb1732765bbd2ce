// From no user to fifty in two and a half minutes, each ordering without a pause; no order is lost or made up.
//   k6 run load-tests/ramp.js          -e SECONDS=30 for a shorter ramp, -e USERS= for a higher one
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { auditPasses, buy, complain, createProduct, heldOf, optionsFor, setting, users, verdict } from './support.js';

const seconds = setting('SECONDS', 150);
const usersMax = setting('USERS', users);
const productCount = 20;
const stock = 1_000_000_000;
const wanted = { orders_other: 0, orders_less_held: 0, audit_passed: 1 };
const counters = Object.fromEntries(Object.keys(wanted).map((name) => [name, new Counter(name)]));
const sold = new Counter('orders_sold');
const askedAgain = new Counter('asked_again');

export const options = optionsFor(
  wanted,
  { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: `${seconds}s`, target: usersMax }] },
  { orders_sold: ['count>0'], 'http_req_duration{scenario:rush}': ['p(95)<2000'] },
);

export function setup() {
  [...Object.values(counters), sold].forEach((counter) => counter.add(0));
  return { products: Array.from({ length: productCount }, (_, n) => createProduct(`k6-ramp-${n}`, stock)) };
}

/** One order after the other. */
export function rush({ products }) {
  const number = exec.scenario.iterationInTest;
  const product = products[number % products.length];
  const { answer, again, result } = buy(product, `k6-buyer-${exec.vu.idInTest}`, `${products[0]}-${number}`);
  askedAgain.add(again);
  if (result === 'sold') {
    sold.add(1);
    counters.orders_less_held.add(1);
  } else {
    counters.orders_other.add(1);
    complain('not sold', answer);
  }
}

/** What the products hold is taken off what the buyers were told: nothing may be left. */
export function teardown({ products }) {
  counters.orders_less_held.add(-heldOf(products));
  if (auditPasses()) counters.audit_passed.add(1);
}

export function handleSummary(data) {
  const title = `ramp: 0 to ${usersMax} users in ${seconds} s`;
  return verdict(title, wanted, data, { shown: ['orders_sold', 'asked_again'] });
}
