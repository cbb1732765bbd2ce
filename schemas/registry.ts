// The schema registry: `ledger prepare` registers what was released, a start only looks, a reader asks for ids that it
// does not know. Every request has a time limit; an outage is an error of its own, never a "no".
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { released } from './generated.ts';
import type { Topics } from './topics.ts';
import { subjectsOf } from './topics.ts';

/** The registry answered, and what it said forbids to go on. */
export class SchemaError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SchemaError';
  }
}

/** The registry did not answer in time, or not with anything that tells. Asking again may help. */
export class RegistryUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RegistryUnavailable';
  }
}

/** Milliseconds for one question to the registry, repetitions included, and for one request of it. */
const askMsMax = 10_000;
const requestMsMax = 3_000;
/** How often a question that only reads is repeated. */
const repeatMax = 2;
const level = COMPATIBILITY.BACKWARD_TRANSITIVE;

/**
 * Registers every released version of every record type, oldest first, each subject held to BACKWARD_TRANSITIVE: a
 * reader of the latest version reads them all. Again it changes nothing, but gives a level to a subject without one.
 * @returns schema id of each record type's latest version
 * @throws SchemaError naming the subject that refuses a version; RegistryUnavailable
 */
export async function prepareSchemas(url: string, topics: Topics): Promise<ReadonlyMap<string, number>> {
  const registry = connect(url, requestMsMax, repeatMax);
  const ids = new Map<string, number>();
  for (const { subject, record } of subjectsOf(topics)) {
    await setLevel(url, subject);
    for (const { version, schema } of versionsOf(record)) {
      const registered = registry
        .register({ type: SchemaType.AVRO, schema }, { subject, compatibility: level })
        .catch(refusal(subject, version));
      const { id } = await answer(`register ${subject} version ${version}`, askMsMax, registered);
      ids.set(record, id);
    }
  }
  return ids;
}

/**
 * Looks up the ids under which this release writes, and changes nothing.
 * @returns schema id of each record type's latest version
 * @throws SchemaError naming every subject that lacks it; RegistryUnavailable
 */
export async function checkSchemas(url: string, topics: Topics): Promise<ReadonlyMap<string, number>> {
  const registry = connect(url, requestMsMax, repeatMax);
  const found = await Promise.all(
    subjectsOf(topics).map(async ({ subject, record }) => {
      const schema = versionsOf(record).at(-1)?.schema ?? '';
      const lookUp = registry.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema }).catch(nullIfUnknown);
      const id = await answer(`look up ${subject}`, askMsMax, lookUp);
      return { subject, record, id };
    }),
  );
  const missing = found.filter(({ id }) => id === null).map(({ subject }) => subject);
  if (missing.length > 0) {
    throw new SchemaError(`the registry at ${url} lacks the schemas of ${missing.join(', ')}: run \`ledger prepare\``);
  }
  return new Map(found.flatMap(({ record, id }) => (id === null ? [] : [[record, id] as const])));
}

/** What the registry holds under one subject, against this release's schema. */
export interface SchemaInspection {
  readonly subject: string;
  readonly registered: boolean;
  /** To what the subject is held; null where nobody said. */
  readonly level: string | null;
  /** Whether the registry would take this release's schema, or has it. */
  readonly compatible: boolean;
}

/** Looks at every subject of this release, and changes nothing. @throws RegistryUnavailable */
export async function inspectSchemas(url: string, topics: Topics): Promise<readonly SchemaInspection[]> {
  const registry = connect(url, requestMsMax, repeatMax);
  const looks = subjectsOf(topics).map(async ({ subject, record }) => {
    const schema = versionsOf(record).at(-1)?.schema ?? '';
    const lookUp = registry.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema }).catch(nullIfUnknown);
    const registered = (await answer(`look up ${subject}`, askMsMax, lookUp)) !== null;
    const config = await ask(url, `config/${encodeURIComponent(subject)}`);
    const path = `compatibility/subjects/${encodeURIComponent(subject)}/versions`;
    const fits = registered ? null : await ask(url, path, { method: 'POST', body: JSON.stringify({ schema }) });
    return {
      subject,
      registered,
      level: typeof config?.compatibilityLevel === 'string' ? config.compatibilityLevel : null,
      compatible: fits?.is_compatible !== false,
    };
  });
  return Promise.all(looks);
}

/**
 * Asks for the schema under an id.
 * @returns its text, or null when the registry does not know the id
 * @throws RegistryUnavailable; SchemaError when it is no Avro
 */
export async function fetchSchema(url: string, id: number, timeoutMs: number): Promise<string | null> {
  const asked = connect(url, timeoutMs, 0).getSchema(id).catch(nullIfUnknown);
  const schema = await answer(`schema ${id}`, timeoutMs, asked);
  if (schema === null) return null;
  if (!('createResolver' in schema)) throw new SchemaError(`schema ${id} of the registry is no Avro`);
  return JSON.stringify(schema);
}

function connect(url: string, timeoutMs: number, retries: number): SchemaRegistry {
  return new SchemaRegistry({
    host: url.replace(/\/$/, ''),
    clientId: 'order-ledger',
    // All of them: what one client leaves out it takes from the last one that was made.
    retry: { retries, initialRetryTimeInSecs: 0.1, maxRetryTimeInSecs: 1, factor: 0.2, multiplier: 2 },
    // The client has no time-out of its own.
    middlewares: [() => ({ request: (request) => Promise.resolve(request.enhance({ timeout: timeoutMs })) })],
  });
}

/** Before `register`, which would not raise the level of a subject that somebody else made. */
async function setLevel(url: string, subject: string): Promise<void> {
  const path = `config/${encodeURIComponent(subject)}`;
  const set = await ask(url, path, { method: 'PUT', body: JSON.stringify({ compatibility: level }) });
  if (set === null) throw new RegistryUnavailable(`PUT ${path}: HTTP 404`);
}

/** What the client has no question for. @returns null where the registry knows nothing there */
async function ask(
  url: string,
  path: string,
  request: { readonly method?: string; readonly body?: string } = {},
): Promise<{ readonly compatibilityLevel?: unknown; readonly is_compatible?: unknown } | null> {
  const what = `${request.method ?? 'GET'} ${path}`;
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const asked = fetch(`${url.replace(/\/$/, '')}/${path}`, {
    ...request,
    headers,
    signal: AbortSignal.timeout(askMsMax),
  });
  const response = await answer(what, askMsMax, asked);
  const text = await answer(what, askMsMax, response.text());
  if (response.status === 404) return null;
  if (!response.ok) throw new RegistryUnavailable(`${what}: HTTP ${response.status} ${text}`);
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new RegistryUnavailable(`${what}: it answers with something else than JSON`, { cause });
  }
}

/** @throws SchemaError as it came; RegistryUnavailable for anything else, time-outs included */
async function answer<T>(what: string, timeoutMs: number, asked: Promise<T>): Promise<T> {
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([asked, deadline]);
  } catch (error) {
    if (error instanceof SchemaError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new RegistryUnavailable(`${what}: ${message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function refusal(subject: string, version: number): (error: unknown) => never {
  return (error) => {
    const status = statusOf(error);
    if (!(error instanceof Error) || (status !== 409 && status !== 422)) throw error;
    throw new SchemaError(`${subject} refuses version ${version}: ${error.message}`, { cause: error });
  };
}

/** The client throws the 404 of a look-up by schema without its status, under a name of its own. */
function nullIfUnknown(error: unknown): null {
  if (statusOf(error) === 404 || (error instanceof Error && error.name === 'ConfluentSchemaRegistryError')) return null;
  throw error;
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

function versionsOf(record: string): readonly { readonly version: number; readonly schema: string }[] {
  return released.filter(({ name }) => name === record);
}
