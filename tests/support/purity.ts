// What a file may not touch when it must repeat exactly (src/domain), and who reads the environment. Judged by syntax
// alone, so that a sample in a test is judged as a file is.
import ts from 'typescript';

/** Names that lead to a clock, to chance, to the environment, to input and output, or to waiting. */
const impure = new Set(
  ['Date', 'process', 'performance', 'crypto', 'fetch', 'console', 'Buffer', 'Promise', 'Intl', 'WebSocket'].concat(
    ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'globalThis', 'global', 'require', 'Atomics'],
    ['WeakRef', 'FinalizationRegistry', 'eval', 'Function'],
  ),
);
/** Methods whose answer depends on the machine: language, time zone, chance. */
const impureMethods = new Set(['localeCompare', 'toLocaleString', 'toLocaleUpperCase', 'toLocaleLowerCase', 'random']);

/** Names every use of something impure in a file. */
export function impuritiesOf(source: ts.SourceFile): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isOnlyType(node)) return;
    if (ts.isIdentifier(node) && node.text === 'Math' && !isObjectOfAccess(node)) found.push('Math as a value');
    if (ts.isIdentifier(node) && impure.has(node.text) && !isOnlyAName(node)) found.push(node.text);
    if (ts.isPropertyAccessExpression(node) && impureMethods.has(node.name.text)) found.push(node.name.text);
    if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) found.push('async or await');
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Whether a file reads the environment of the process, whichever way it comes by it. */
export function readsEnvironment(source: ts.SourceFile): boolean {
  let reads = false;
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'env') reads ||= isProcess(node.expression);
    if (ts.isElementAccessExpression(node)) reads ||= isProcess(node.expression);
    if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) reads ||= isProcess(node.initializer);
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      reads ||= /^(node:)?process$/.test(node.moduleSpecifier.text);
    }
    if (!reads) ts.forEachChild(node, visit);
  };
  visit(source);
  return reads;
}

function isProcess(node: ts.Expression | undefined): boolean {
  if (node === undefined) return false;
  return /^(globalThis|global)?\.?process$/.test(node.getText());
}

/** Types are gone before the code runs; the parent of a class is a value, though the parser calls it a type. */
function isOnlyType(node: ts.Node): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  return ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node);
}

function isObjectOfAccess(node: ts.Identifier): boolean {
  return ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node;
}

/** Whether an identifier names a member or a key rather than a variable: `order.process`, `{ process: 1 }`. */
function isOnlyAName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return ts.isPropertyAssignment(parent) && parent.name === node;
}
