// What a shop does all day: orders, the same order sent again, reads right after a write, cancellations, look-ups.
//   k6 run load-tests/mixed.js         -e SECONDS=60 for longer, -e USERS= for more
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import * as ledger from './support.js';

const seconds = ledger.setting('SECONDS', 20);
const users = ledger.setting('USERS', 20);
const productCount = 20;
const stock = 1_000_000_000;
const wanted = { answers_wrong: 0, reads_wrong: 0, orders_less_held: 0, audit_passed: 1 };
const counters = Object.fromEntries(Object.keys(wanted).map((name) => [name, new Counter(name)]));
const told = ['orders_sold', 'orders_repeated', 'orders_cancelled', 'reads_right', 'reads_late', 'asked_again'];
const tellers = Object.fromEntries(told.map((name) => [name, new Counter(name)]));
const did = ['orders_sold', 'orders_repeated', 'orders_cancelled', 'reads_right'];

export const options = ledger.optionsFor(
  wanted,
  { executor: 'constant-vus', vus: users, duration: `${seconds}s` },
  {
    ...Object.fromEntries(did.map((name) => [name, ['count>0']])),
    'http_req_duration{scenario:rush}': ['p(95)<3000'],
  },
);

export function setup() {
  [...Object.values(counters), ...Object.values(tellers)].forEach((counter) => counter.add(0));
  return { products: Array.from({ length: productCount }, (_, n) => ledger.createProduct(`k6-mixed-${n}`, stock)) };
}

/** An order, a look at it, and then one of the other things. */
export function rush({ products }) {
  const number = exec.scenario.iterationInTest;
  const product = products[number % products.length];
  const customer = `k6-buyer-${exec.vu.idInTest}`;
  const key = `${products[0]}-${number}`;
  const { answer, again, result } = ledger.buy(product, customer, key);
  tellers.asked_again.add(again);
  if (result !== 'sold') return wrong('not sold', answer);
  const id = answer.json('order_id');
  tellers.orders_sold.add(1);
  counters.orders_less_held.add(1);
  read(`/v1/orders/${id}`, (body) => body.order_id === id && body.status === 'PENDING');
  const next = [
    () => repeat(product, customer, key, id),
    () => cancel(id),
    () => lookAt(product),
    () => list(customer),
  ];
  next[number % next.length]();
}

function repeat(product, customer, key, id) {
  const { answer, again } = ledger.buy(product, customer, key);
  tellers.asked_again.add(again);
  const right = answer.status === 200 && answer.headers['Idempotent-Replayed'] === 'true';
  if (!right || answer.json('order_id') !== id) return wrong('the repeat of an order', answer);
  tellers.orders_repeated.add(1);
}

/** A cancellation is asked for twice, which changes nothing. */
function cancel(id) {
  const answer = cancellation(id);
  if (answer.status !== 200 || answer.json('status') !== 'CANCELLED') return wrong('the cancellation', answer);
  tellers.orders_cancelled.add(1);
  counters.orders_less_held.add(-1);
  read(`/v1/orders/${id}`, (body) => body.status === 'CANCELLED');
  const second = cancellation(id);
  if (second.status !== 200) wrong('the second cancellation', second);
}

function cancellation(id) {
  const { answer, again } = ledger.untilDecided(() => ledger.send('POST', `/v1/orders/${id}/cancel`));
  tellers.asked_again.add(again);
  return answer;
}

function lookAt(product) {
  read(`/v1/products/${product}`, ({ on_hand, held, available }) => held >= 0 && available === on_hand - held);
}

function list(customer) {
  read(`/v1/orders?customer_id=${customer}&limit=10`, ({ data }) => data.every((one) => one.customer_id === customer));
}

/** A read shows what was written before, or says that it is late; anything else is wrong, 404 above all. */
function read(path, isRight) {
  const answer = ledger.send('GET', path);
  const late = answer.status === 503 || answer.headers['Ledger-Stale'] === 'true';
  if (late) tellers.reads_late.add(1);
  else if (answer.status === 200 && isRight(answer.json())) tellers.reads_right.add(1);
  else {
    counters.reads_wrong.add(1);
    ledger.complain(`GET ${path}`, answer);
  }
}

function wrong(what, answer) {
  counters.answers_wrong.add(1);
  ledger.complain(what, answer);
}

/** What the products hold is taken off what was sold and not cancelled: nothing may be left. */
export function teardown({ products }) {
  counters.orders_less_held.add(-ledger.heldOf(products));
  if (ledger.auditPasses()) counters.audit_passed.add(1);
}

export function handleSummary(data) {
  return ledger.verdict(`mixed: ${users} users for ${seconds} s`, wanted, data, { shown: told });
}
