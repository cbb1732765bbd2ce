// What a process of the service says of itself, at its /health.
import { messageOf } from '../message.ts';

export interface ServiceWords {
  readonly url: string;
  /** `ok`, `degraded`, or why there is no answer. */
  readonly status: string;
  /** up or down, by server */
  readonly services: { readonly [name: string]: string };
  /** A word for each role; none without a credential. */
  readonly roles: { readonly [name: string]: string };
  /** What went wrong last in a role, where anything did; `at` is ISO 8601. */
  readonly last_errors: { readonly [role: string]: { readonly at: string; readonly message: string } };
}

const answerMsMax = 3_000;

/** Asks for /health. That it does not answer is an answer. */
export async function askService(url: string, key: string | undefined, signal: AbortSignal): Promise<ServiceWords> {
  const headers: { [name: string]: string } = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]);
  try {
    const answer = await fetch(new URL('/health', url), { headers, signal: limit });
    const body = await answer.json();
    const { status, services, roles } = asObject(body);
    return {
      url,
      status: String(status),
      services: wordsOf(services),
      roles: wordsOf(roles),
      last_errors: lastErrorsOf(roles),
    };
  } catch (error) {
    signal.throwIfAborted();
    // fetch says what failed only in the cause.
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { url, status: `no answer: ${messageOf(cause)}`, services: {}, roles: {}, last_errors: {} };
  }
}

function wordsOf(parts: unknown): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(asObject(parts)).map(([name, part]) => [name, String(asObject(part)['status'])]),
  );
}

function lastErrorsOf(roles: unknown): ServiceWords['last_errors'] {
  const errors = Object.entries(asObject(roles)).map(([name, role]) => [name, asObject(role)['last_error']] as const);
  return Object.fromEntries(
    errors.flatMap(([name, error]) => {
      const { at, message } = asObject(error);
      return typeof at === 'string' && typeof message === 'string' ? [[name, { at, message }]] : [];
    }),
  );
}

function asObject(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
