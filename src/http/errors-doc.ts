// HTTP room: writes docs/errors.md from the table of problems; with --check it only tells whether the file is fresh.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { problems } from './problems.ts';

/** Where the document lives in the repository. */
export const errorsDocPath = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

/** The text of docs/errors.md: one section for each code, by status. */
export function errorsDoc(): string {
  const rows = Object.entries(problems).sort(([, a], [, b]) => a.status - b.status);
  const sections = rows.map(
    ([code, row]) =>
      `## ${code}\n\n**${row.status}** ${row.title}.${row.retryAfterS === undefined ? '' : ' Answers with `Retry-After`.'}\n\n${row.help}\n`,
  );
  return `${head}\n${sections.join('\n')}`;
}

const head = `# Errors

<!-- Generated from src/http/problems.ts by src/http/errors-doc.ts. Do not edit. -->

Every error is \`application/problem+json\` (RFC 9457): \`type, title, status, detail, instance, code, trace_id\`, and where
they apply \`errors\`, \`shortages\`, \`order_id\` and \`retry_after\` (seconds). Programs look at \`code\`; \`detail\` is for people and
may change. \`type\` is the address of the code's section on the service itself.

When several things are wrong, the first of this order is reported: credential, role, malformed JSON, media type or
size, Idempotency-Key, values of the body, path or query, load, and then what the ledger decides.
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = errorsDoc();
  if (!process.argv.includes('--check')) {
    await writeFile(errorsDocPath, text);
  } else if ((await readFile(errorsDocPath, 'utf8')) !== text) {
    process.stderr.write('docs/errors.md is stale: run src/http/errors-doc.ts\n');
    process.exitCode = 1;
  }
}
