// The arrows between the rooms: which folder may import what. The table is the rule, `faultsOf` reads one file by it.
import { posix } from 'node:path';
import ts from 'typescript';
import { impuritiesOf, readsEnvironment } from './purity.ts';

export interface Room {
  readonly folder: string;
  /** What of ours it may import: folders end with a slash, files do not, `*` stands for one name. */
  readonly mayImport: readonly string[];
  /** Of these only types. */
  readonly typesOnly?: readonly string[];
  /** Whether packages and `node:` modules are open to it. Default true. */
  readonly packages?: boolean;
  /** Whether it is held to what repeats exactly: no clock, chance, environment, waiting. Default false. */
  readonly pure?: boolean;
  /** Whether it is part of the service, so that only its configuration reads the environment. Default true. */
  readonly service?: boolean;
}

const everyRoom = ['schemas/', 'src/', 'projections/', 'consumers/'];

/** The first room whose folder holds a file decides about it. */
export const rooms: readonly Room[] = [
  { folder: 'schemas/', mayImport: [] },
  { folder: 'src/domain/', mayImport: [], typesOnly: ['schemas/'], packages: false, pure: true },
  { folder: 'src/log/', mayImport: ['schemas/', 'src/domain/', 'src/platform/'] },
  { folder: 'src/platform/', mayImport: [] },
  {
    folder: 'src/http/',
    mayImport: [
      'schemas/',
      'src/platform/',
      'src/log/port.ts',
      'src/log/client-port.ts',
      'projections/views.ts',
      'projections/*/queries.ts',
    ],
  },
  { folder: 'src/cli/', mayImport: everyRoom },
  { folder: 'projections/', mayImport: ['schemas/'] },
  {
    folder: 'consumers/',
    mayImport: ['schemas/', 'src/domain/', 'src/log/', 'src/platform/', 'src/http/', 'projections/'],
  },
  { folder: 'stack/', mayImport: [], service: false },
  { folder: 'load-tests/', mayImport: [...everyRoom, 'stack/'], service: false },
  { folder: 'tests/', mayImport: [...everyRoom, 'stack/', 'load-tests/'], service: false },
];

/** The only reader of the service's environment. */
const environmentReader = 'src/platform/config.ts';
/** A package that lives behind a port, with the folders in which it may be named. */
const confined = [{ packageName: 'kafkajs', folders: ['src/log/kafka/', 'tests/', 'load-tests/', 'stack/'] }];

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** What is wrong with the imports of one file; `path` is relative to the repository, with forward slashes. */
export function faultsOf(path: string, text: string): readonly string[] {
  const room = rooms.find(({ folder }) => path.startsWith(folder));
  if (room === undefined) return [`${path} is in no room: add its folder to the table`];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const faults = importsOf(source).flatMap((found) => judge(path, room, found));
  if (room.pure === true) faults.push(...impuritiesOf(source).map((what) => `${path} uses ${what}`));
  if (room.service !== false && path !== environmentReader && readsEnvironment(source)) {
    faults.push(`${path} reads the environment, which only ${environmentReader} may`);
  }
  return faults;
}

function judge(path: string, room: Room, { specifier, typeOnly }: Import): string[] {
  if (!specifier.startsWith('.')) return judgePackage(path, room, specifier);
  const target = posix.join(posix.dirname(path), specifier);
  if (target.startsWith(room.folder) || room.mayImport.some((allowed) => covers(allowed, target))) return [];
  if (room.typesOnly?.some((allowed) => covers(allowed, target)) === true) {
    return typeOnly ? [] : [`${path} imports a value from ${target}, of which it may import only types`];
  }
  return [`${path} imports ${target}, which its room may not`];
}

function judgePackage(path: string, room: Room, specifier: string): string[] {
  if (room.packages === false) return [`${path} imports ${specifier}, and its room has no packages`];
  return confined
    .filter(({ packageName }) => specifier === packageName || specifier.startsWith(`${packageName}/`))
    .filter(({ folders }) => !folders.some((folder) => path.startsWith(folder)))
    .map(({ folders }) => `${path} imports ${specifier}, which only ${folders[0]} may`);
}

function covers(allowed: string, target: string): boolean {
  if (allowed.endsWith('/')) return target.startsWith(allowed);
  const [before, after] = allowed.split('*');
  if (before === undefined || after === undefined) return target === allowed;
  const middle = target.slice(before.length, target.length - after.length);
  return target.startsWith(before) && target.endsWith(after) && middle !== '' && !middle.includes('/');
}

/** Every way in which a module names another one: import, export from, import(), require() and import types. */
function importsOf(source: ts.SourceFile): readonly Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, typeOnly: boolean): void => {
    // A name that is computed cannot be judged, and so is judged as a package of that text.
    if (node !== undefined)
      found.push({ specifier: ts.isStringLiteralLike(node) ? node.text : '(computed)', typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isExternalModuleReference(node)) add(node.expression, false);
    else if (ts.isImportTypeNode(node)) add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node, true);
    else if (ts.isCallExpression(node) && isLoader(node.expression)) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function isLoader(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(callee)) return callee.text === 'require';
  return ts.isPropertyAccessExpression(callee) && callee.getText().startsWith('require.');
}
