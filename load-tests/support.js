// What the load tests share: where the ledger is, products of their own, and the verdict that they print.
import { check, sleep } from 'k6';
import http from 'k6/http';

/** Requests that run at once; each virtual user sends one order. */
export const users = 50;

const readTriesMax = 50;
const readPauseS = 0.2;
const answerMsMax = 30_000;
const baseUrl = (__ENV.BASE_URL || __ENV.LEDGER_URL || 'http://127.0.0.1:3000').replace(/\/+$/, '');
const answers = 'http_req_duration{scenario:rush}';
const apiKey = __ENV.API_KEY || __ENV.LEDGER_API_KEY;

/** One order by each of the virtual users, all at once. `wanted` gives for each counter the count that passes. */
export function optionsFor(wanted) {
  return {
    scenarios: {
      rush: { executor: 'per-vu-iterations', vus: users, iterations: 1, maxDuration: '60s', exec: 'rush' },
    },
    thresholds: {
      ...Object.fromEntries(Object.entries(wanted).map(([name, count]) => [name, [`count==${count}`]])),
      [answers]: [`max<${answerMsMax}`],
    },
    setupTimeout: '30s',
    teardownTimeout: '30s',
    summaryTrendStats: ['min', 'med', 'p(95)', 'max', 'count'],
  };
}

/** Sends a request with the API key; `headers` are added. */
export function send(method, path, body, headers = {}) {
  return http.request(method, `${baseUrl}${path}`, body === undefined ? null : JSON.stringify(body), {
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json', ...headers },
    responseCallback: http.expectedStatuses(200, 201, 409),
    timeout: `${answerMsMax}ms`,
  });
}

/** Makes a product that no other run knows and answers its id. Fails the run when the ledger refuses it. */
export function createProduct(name, stock) {
  if (!apiKey) throw new Error('API_KEY (or LEDGER_API_KEY) must hold an API key of the ledger');
  const product = `${name}-${Date.now()}-${Math.floor(Math.random() * 1e9)}`;
  const price = { amount: 1999, currency: 'USD' };
  const answer = send('POST', '/v1/products', { product_id: product, name, price, stock });
  if (answer.status !== 201) throw new Error(`the product was not created: ${answer.status} ${answer.body}`);
  return product;
}

/** Orders one unit under an idempotency key. */
export function order(product, customer, key) {
  const body = { lines: [{ product_id: product, quantity: 1 }], customer_id: customer, payment: 'manual' };
  return send('POST', '/v1/orders', body, { 'Idempotency-Key': key });
}

/** Reads a path until `settled` accepts the answer's body or the tries are used up, and answers the last body. */
export function readUntil(path, settled) {
  for (let tries = 1; ; tries += 1) {
    const answer = send('GET', path);
    const body = answer.status === 200 ? answer.json() : null;
    if ((body !== null && settled(body)) || tries === readTriesMax) return body;
    sleep(readPauseS);
  }
}

/** Whether the product holds exactly one unit of what is on hand; said aloud where it does not. */
export function holdsOne(product, onHand) {
  const asWanted = (body) => body.on_hand === onHand && body.held === 1 && body.available === onHand - 1;
  const body = readUntil(`/v1/products/${product}`, asWanted);
  const right = check(body, { 'stock at the end is right': (b) => b !== null && asWanted(b) });
  if (!right) console.error(`the product at the end: ${JSON.stringify(body)}; wanted: on_hand ${onHand}, held 1`);
  return right;
}

/** Prints PASS or FAIL with every counter against what was wanted; `faults` are reasons beyond the counters. */
export function verdict(title, wanted, data, faults = []) {
  const counts = Object.entries(wanted).map(([name, count]) => {
    const is = data.metrics[name]?.values.count ?? 0;
    return { text: `  ${name.padEnd(24)} ${is}${is === count ? '' : `  (wanted ${count})`}`, right: is === count };
  });
  const pass = faults.length === 0 && counts.every(({ right }) => right);
  const times = data.metrics[answers];
  const speed = times ? [`  answers in ms            ${figures(times.values)}`] : [];
  const lines = [`${pass ? 'PASS' : 'FAIL'}  ${title}`, ...counts.map(({ text }) => text), ...faults, ...speed];
  return { stdout: `${lines.join('\n')}\n` };
}

function figures(values) {
  return ['min', 'med', 'p(95)', 'max'].map((name) => `${name} ${values[name].toFixed(1)}`).join(', ');
}
