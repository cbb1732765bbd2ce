// What the load tests share: where the ledger is, products of their own, the audit, and the verdict that they print.
import { check, sleep } from 'k6';
import http from 'k6/http';

/** Requests that run at once where all ask at the same moment; each virtual user sends one order. */
export const users = 50;

const readTriesMax = 50;
const readPauseS = 0.2;
const answerMsMax = 30_000;
const decidedMsMax = 60_000;
const askAgainS = 0.5;
const auditS = 120;
/** How long the audits of others are waited for. */
const auditWaitS = 120;
/** Where nobody else orders, a command without an outcome is a finding too: `-e AT_REST=1`. */
const auditPath = __ENV.AT_REST ? '/v1/audits?at_rest=true' : '/v1/audits';
/** Characters of an unexpected answer that are shown. */
const saidMax = 2_000;
const baseUrl = (__ENV.BASE_URL || __ENV.LEDGER_URL || 'http://127.0.0.1:3000').replace(/\/+$/, '');
const answers = 'http_req_duration{scenario:rush}';
const apiKey = __ENV.API_KEY || __ENV.LEDGER_API_KEY;

const oneEach = { executor: 'per-vu-iterations', vus: users, iterations: 1, maxDuration: '60s' };

/**
 * Options of a test whose one scenario calls its function `rush`; by default one order by each of the virtual users,
 * all at once. `wanted` gives for each counter the count that passes, `thresholds` what else has to hold.
 */
export function optionsFor(wanted, scenario = oneEach, thresholds = {}) {
  return {
    scenarios: { rush: { gracefulStop: '60s', ...scenario, exec: 'rush' } },
    thresholds: {
      ...Object.fromEntries(Object.entries(wanted).map(([name, count]) => [name, [`count==${count}`]])),
      [answers]: [`max<${answerMsMax}`],
      ...thresholds,
    },
    setupTimeout: '60s',
    teardownTimeout: `${auditWaitS + auditS + 30}s`,
    summaryTrendStats: ['min', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  };
}

/** A whole number from the environment: `-e SECONDS=30`. */
export function setting(name, fallback) {
  const value = Number(__ENV[name] || fallback);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be whole and at least 1`);
  return value;
}

/** Sends a request with the API key; `headers` are added. */
export function send(method, path, body, headers = {}, timeoutMs = answerMsMax) {
  return http.request(method, `${baseUrl}${path}`, body === undefined ? null : JSON.stringify(body), {
    headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json', ...headers },
    responseCallback: http.expectedStatuses(200, 201, 409),
    timeout: `${timeoutMs}ms`,
    // Ids in paths would make a series of figures for each of them.
    tags: { name: `${method} ${path.replace(/[?].*|[^/]*-[^/]*/g, '…')}` },
  });
}

/** Makes a product that no other run knows and answers its id. Fails the run when the ledger refuses it. */
export function createProduct(name, stock) {
  if (!apiKey) throw new Error('API_KEY (or LEDGER_API_KEY) must hold an API key of the ledger');
  const product = `${name}-${Date.now()}-${Math.floor(Math.random() * 1e9)}`;
  const price = { amount: 1999, currency: 'USD' };
  const answer = send('POST', '/v1/products', { product_id: product, name: product, price, stock });
  if (answer.status !== 201) throw new Error(`the product was not created: ${saidIn(answer)}`);
  return product;
}

/** Orders one unit under an idempotency key. */
export function order(product, customer, key) {
  const body = { lines: [{ product_id: product, quantity: 1 }], customer_id: customer, payment: 'manual' };
  return send('POST', '/v1/orders', body, { 'Idempotency-Key': key });
}

/**
 * Asks again while the ledger says "not yet" (202, 503): with the same key, or with the same aim, that is always safe.
 * Answers the last answer and how often it asked again.
 */
export function untilDecided(ask) {
  const deadline = Date.now() + decidedMsMax;
  for (let again = 0; ; again += 1) {
    const answer = ask();
    const undecided = answer.status === 202 || answer.status === 503;
    if (!undecided || Date.now() > deadline) return { answer, again };
    sleep(askAgainS);
  }
}

/** Orders until that is decided: `result` is sold, gone or other. */
export function buy(product, customer, key) {
  const { answer, again } = untilDecided(() => order(product, customer, key));
  return { answer, again, result: resultOf(answer) };
}

function resultOf(answer) {
  if (answer.status === 201 || answer.status === 200) return 'sold';
  return answer.status === 409 && answer.json('code') === 'out_of_stock' ? 'gone' : 'other';
}

/** Says aloud what should not have been answered. */
export function complain(what, answer) {
  console.error(`${what}: ${saidIn(answer)}`);
}

function saidIn({ status, error, body }) {
  return [status, error, (body || '').slice(0, saidMax)].filter((part) => part !== '').join(' ');
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

/** Whether the product holds exactly so many units of what is on hand; said aloud where it does not. */
export function holds(product, onHand, held) {
  const asWanted = (body) => body.on_hand === onHand && body.held === held && body.available === onHand - held;
  const body = readUntil(`/v1/products/${product}`, asWanted);
  const right = check(body, { 'stock at the end is right': (b) => b !== null && asWanted(b) });
  if (!right) console.error(`the product at the end: ${JSON.stringify(body)}; wanted: on_hand ${onHand}, held ${held}`);
  return right;
}

/** Units that all products together hold; reads that are marked as stale are not taken for an answer. */
export function heldOf(products) {
  return products.reduce((sum, product) => sum + readFresh(`/v1/products/${product}`).json('held'), 0);
}

function readFresh(path) {
  for (let tries = 1; ; tries += 1) {
    const answer = send('GET', path);
    if (answer.status === 200 && answer.headers['Ledger-Stale'] === undefined) return answer;
    if (tries === readTriesMax) throw new Error(`${path} stays behind: ${answer.status} ${answer.body}`);
    sleep(readPauseS);
  }
}

/** Lets the ledger read its own log from the start; whether it found nothing. Another audit is waited for. */
export function auditPasses() {
  const deadline = Date.now() + auditWaitS * 1_000;
  for (;;) {
    const answer = send('POST', auditPath, undefined, {}, auditS * 1_000);
    if (answer.status === 503 && Date.now() < deadline) {
      sleep(1);
      continue;
    }
    const said = answer.status === 200 ? answer.json() : null;
    const passed = said !== null && said.ok === true && said.findings.length === 0;
    if (!passed) complain('the audit did not pass', answer);
    return passed;
  }
}

/** Prints PASS or FAIL with every counter against what was wanted; `shown` are counters that are only told. */
export function verdict(title, wanted, data, { faults = [], shown = [] } = {}) {
  const counts = Object.entries(wanted).map(([name, count]) => {
    const is = countOf(data, name);
    return { text: `  ${name.padEnd(24)} ${is}${is === count ? '' : `  (wanted ${count})`}`, right: is === count };
  });
  const told = shown.map((name) => `  ${name.padEnd(24)} ${countOf(data, name)}`);
  const missed = missedThresholds(data, wanted);
  const pass = faults.length === 0 && missed.length === 0 && counts.every(({ right }) => right);
  const times = data.metrics[answers];
  const speed = times ? [`  answers in ms            ${figures(times.values)}`] : [];
  const lines = [...counts.map(({ text }) => text), ...told, ...faults, ...missed, ...speed];
  return { stdout: `${pass ? 'PASS' : 'FAIL'}  ${title}\n${lines.join('\n')}\n` };
}

function countOf(data, name) {
  return data.metrics[name]?.values.count ?? 0;
}

function missedThresholds({ metrics }, wanted) {
  return Object.entries(metrics)
    .filter(([name]) => !(name in wanted))
    .flatMap(([name, { thresholds = {} }]) =>
      Object.entries(thresholds).flatMap(([rule, { ok }]) => (ok ? [] : [`  missed: ${name} ${rule}`])),
    );
}

function figures(values) {
  return ['min', 'med', 'p(95)', 'p(99)', 'max'].map((name) => `${name} ${values[name].toFixed(1)}`).join(', ');
}
