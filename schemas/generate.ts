// Writes generated.ts: TypeScript types of the latest version of each record, and the text of every released
// schema. `npm run generate` runs it; `--check` fails when the file is stale, as CI does.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Avro = string | Avro[] | AvroNamed;
interface AvroNamed {
  readonly type: Avro;
  readonly name?: string;
  readonly doc?: string;
  readonly fields?: readonly AvroField[];
  readonly symbols?: readonly string[];
  readonly items?: Avro;
  readonly values?: Avro;
}
interface AvroField {
  readonly name: string;
  readonly type: Avro;
  readonly doc?: string;
}
interface Released {
  readonly name: string;
  readonly version: number;
  readonly schema: AvroNamed;
}

const folder = join(import.meta.dirname, 'records');
const target = join(import.meta.dirname, 'generated.ts');
const primitives: Readonly<Record<string, string>> = {
  string: 'string',
  int: 'number',
  long: 'number',
  boolean: 'boolean',
  null: 'null',
  bytes: 'Uint8Array',
};

/** Renders generated.ts from the .avsc files. */
export function generate(): string {
  const released = readReleased();
  const latest = new Map(released.map((r) => [r.name, r]));
  const nested = new Map<string, string>();
  const records = [...latest.values()].map(({ schema }) => declare(schema, nested, ['meta']));
  const isCommand = ({ schema }: Released): boolean => typeName(schema.fields?.[0]?.type) === 'CommandMeta';
  const commands = [...latest.values()].filter(isCommand).map((r) => r.name);
  const events = [...latest.values()].filter((r) => !isCommand(r)).map((r) => r.name);
  return [
    '// Generated from records/*.avsc by generate.ts. Do not edit.',
    ...nested.values(),
    ...records,
    union('Command', 'What may be asked: a command without what it says about itself.', commands),
    union('LedgerEvent', 'What may have happened: an event without what it says about its command.', events),
    `export const commandNames = ${JSON.stringify(commands)} as const;`,
    `export const eventNames = ${JSON.stringify(events)} as const;`,
    '/** Every released schema, oldest version first. */',
    'export const released: readonly { readonly name: string; readonly version: number; readonly schema: string }[] = [',
    ...released.map((r) => `  ${JSON.stringify({ ...r, schema: JSON.stringify(r.schema) })},`),
    '];\n',
  ].join('\n');
}

function readReleased(): Released[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.avsc'))
    .map((file) => {
      const [, name, version] = /^(\w+)\.v(\d+)\.avsc$/.exec(file) ?? [];
      if (name === undefined) throw new Error(`${file}: a schema file is named Record.vN.avsc`);
      const schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as AvroNamed;
      return { name, version: Number(version), schema };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en') || a.version - b.version);
}

/** Declares one record; the named types inside it go to `nested`. */
function declare(record: AvroNamed, nested: Map<string, string>, without: readonly string[] = []): string {
  const fields = (record.fields ?? []).flatMap((field) => {
    const type = toType(field.type, nested);
    return without.includes(field.name) ? [] : [`  /** ${field.doc} */\n  readonly ${field.name}: ${type};`];
  });
  return `/** ${record.doc} */\nexport interface ${record.name} {\n${fields.join('\n')}\n}`;
}

function toType(type: Avro, nested: Map<string, string>): string {
  if (typeof type === 'string') return primitives[type] ?? type.replace('ledger.', '');
  if (Array.isArray(type)) return [...type.slice(1), ...type.slice(0, 1)].map((t) => toType(t, nested)).join(' | ');
  if (type.type === 'array') return `readonly ${toType(type.items ?? 'null', nested)}[]`;
  if (type.type === 'map') return `{ readonly [key: string]: ${toType(type.values ?? 'null', nested)} }`;
  if (type.name === undefined) return toType(type.type, nested);
  if (!nested.has(type.name)) nested.set(type.name, declareNamed(type, type.name, nested));
  return type.name;
}

function declareNamed(type: AvroNamed, name: string, nested: Map<string, string>): string {
  if (type.type === 'record') return declare(type, nested);
  if (type.type === 'fixed') return `/** ${type.doc} */\nexport type ${name} = Uint8Array;`;
  return `/** ${type.doc} */\nexport type ${name} = ${(type.symbols ?? []).map((s) => `'${s}'`).join(' | ')};`;
}

function typeName(type: Avro | undefined): string | undefined {
  return typeof type === 'object' && !Array.isArray(type) ? type.name : undefined;
}

function union(name: string, doc: string, members: readonly string[]): string {
  const lines = members.map((m) => `  | { readonly type: '${m}'; readonly data: ${m} }`);
  return `/** ${doc} */\nexport type ${name} =\n${lines.join('\n')};`;
}

if (import.meta.main) {
  const text = generate();
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (readFileSync(target, 'utf8') !== text) {
    console.error('schemas/generated.ts is stale: run `npm run generate` and commit the result.');
    process.exitCode = 1;
  }
}
