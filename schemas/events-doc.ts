// Writes docs/events.md from the schemas of the records; with --check it only tells whether the file is fresh.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { commandNames, eventNames, released } from './generated.ts';

type Avro = string | readonly Avro[] | Named;
interface Named {
  readonly type: Avro;
  readonly name?: string;
  readonly doc?: string;
  readonly fields?: readonly Field[];
  readonly symbols?: readonly string[];
  readonly items?: Avro;
  readonly values?: Avro;
  readonly size?: number;
  readonly logicalType?: string;
}
interface Field {
  readonly name: string;
  readonly type: Avro;
  readonly doc?: string;
}

const path = fileURLToPath(new URL('../docs/events.md', import.meta.url));

const head = `# Events and commands

<!-- Generated from schemas/records by schemas/events-doc.ts. Do not edit. -->

Everything that can lie in the journal (\`ledger.events\`), then everything that can be asked for (\`ledger.commands\`), as
of the newest version of each record. All code reads the newest version, whatever lies in the log. Amounts of money are
integers in minor units; times are milliseconds since the epoch, UTC; a field that may be null says so.

\`ledger events\` shows them, \`ledger export\` writes them to files ([how](export.md)).
`;

/** Records, enums and the like that several records use, by name; filled while the records are told. */
const shared = new Map<string, Named>();

function eventsDoc(): string {
  const events = eventNames.map((name) => recordSection(latestOf(name)));
  const commands = commandNames.map((name) => recordSection(latestOf(name)));
  const parts = [...shared.values()].map(partSection);
  return [
    head,
    '## Events\n',
    ...events,
    '## Commands\n',
    ...commands,
    '## Parts\n\nWhat the records above are made of.\n',
    ...parts,
  ].join('\n');
}

function latestOf(name: string): { readonly version: number; readonly schema: Named } {
  const latest = released.filter((one) => one.name === name).reduce((a, b) => (b.version > a.version ? b : a));
  return { version: latest.version, schema: JSON.parse(latest.schema) as Named };
}

function recordSection({ version, schema }: ReturnType<typeof latestOf>): string {
  const { name = '', doc = '', fields = [] } = schema;
  return `### ${name}\n\n${doc} Version ${version}.\n\n${table(fields)}`;
}

function partSection({ name = '', doc = '', fields, symbols }: Named): string {
  const body = fields !== undefined ? table(fields) : `One of ${(symbols ?? []).map(code).join(', ')}.\n`;
  return `### ${name}\n\n${doc}\n\n${body}`;
}

function table(fields: readonly Field[]): string {
  const rows = fields.map(({ name, type, doc = '' }) => `| \`${name}\` | ${typeText(type)} | ${doc} |`);
  return ['| field | type | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

/** A type in words; what has fields or symbols of its own is linked. */
function typeText(type: Avro): string {
  if (typeof type === 'string') return type.startsWith('ledger.') ? link(type.slice('ledger.'.length)) : type;
  if (isUnion(type)) {
    const others = type.filter((one) => one !== 'null').map(typeText);
    return [...others, ...(others.length < type.length ? ['null'] : [])].join(' or ');
  }
  if (type.logicalType !== undefined) return type.logicalType;
  if (type.items !== undefined) return `list of ${typeText(type.items)}`;
  if (type.values !== undefined) return `map of ${typeText(type.values)}`;
  if (type.size !== undefined) return `${type.size} bytes`;
  if (type.name === undefined) return typeText(type.type);
  shared.set(type.name, type);
  // Names are found while they are told, so those within are told too.
  for (const field of type.fields ?? []) typeText(field.type);
  return link(type.name);
}

function isUnion(type: readonly Avro[] | Named): type is readonly Avro[] {
  return Array.isArray(type);
}

function link(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

function code(text: string): string {
  return `\`${text}\``;
}

const text = eventsDoc();
if (!process.argv.includes('--check')) await writeFile(path, text);
else if ((await readFile(path, 'utf8')) !== text) {
  process.stderr.write('docs/events.md is stale: run schemas/events-doc.ts\n');
  process.exitCode = 1;
}
