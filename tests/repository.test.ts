// What must be true of the repository as a whole: documents that lead somewhere, generated files that are fresh, and
// nothing in it that belongs to one machine or switches a rule off.
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { generate } from '../schemas/generate.ts';
import { brokenLinks, foreignPaths, optOuts } from './support/documents.ts';
import { withEnvironmentTable } from './support/environment-table.ts';
import { filesUnder, root, textOf } from './support/repository.ts';

const files = filesUnder('');
const documents = files.filter((path) => path.endsWith('.md'));
const detectors = ['tests/repository.test.ts', 'tests/support/documents.ts'];
const code = files.filter((path) => /\.(ts|js)$/.test(path) && !detectors.includes(path));

/** What a document says; of another file or folder, that it is there. */
function read(path: string): string | null {
  if (!existsSync(join(root, path))) return null;
  return path.endsWith('.md') ? textOf(path) : '';
}

describe('the documents', () => {
  test('are there', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/design.md']));
  });

  test('lead to files and sections that exist', () => {
    expect(documents.flatMap((path) => brokenLinks(path, textOf(path), read))).toEqual([]);
  });

  test('hold no half of a merge', () => {
    expect(documents.filter((path) => /^(?:<{7}|>{7}) /m.test(textOf(path)))).toEqual([]);
  });

  test('name no path of one machine', () => {
    expect(documents.flatMap((path) => foreignPaths(path, textOf(path)))).toEqual([]);
  });

  test('tell every setting of the service as it is', () => {
    expect(withEnvironmentTable(textOf('README.md'))).toBe(textOf('README.md'));
  });

  test('tell what to do about every alarm', () => {
    const codes = [...textOf('src/log/alarm.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code = '']) => code);
    expect(codes.length).toBeGreaterThan(0);
    const told = [...textOf('docs/operating.md').matchAll(/^### `(\w+)`$/gm)].map(([, code = '']) => code);
    expect([...told].sort()).toEqual([...codes, 'bug'].sort());
  });

  test('number the decisions without gaps, and list each one with its title', () => {
    const pages = filesUnder('docs/decisions').filter((path) => !path.endsWith('README.md'));
    const numbers = pages.map((path) => /\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]);
    expect(numbers).toEqual(pages.map((_, at) => String(at + 1).padStart(4, '0')));
    const list = textOf('docs/decisions/README.md');
    for (const path of pages) {
      const [, number, title = ''] = /^# (\d{4}): (.+)$/m.exec(textOf(path)) ?? [];
      expect(path).toContain(`/${number}-`);
      expect(list.replaceAll(/ +/g, ' ')).toContain(`| [${number}](${posix.basename(path)}) | ${title} |`);
    }
  });
});

describe('the code', () => {
  test('has the types of its records fresh', () => {
    expect(textOf('schemas/generated.ts')).toBe(generate());
  });

  test('switches no rule off', () => {
    expect(code.flatMap((path) => optOuts(path, textOf(path)))).toEqual([]);
  });

  test('pins every dependency to one version', () => {
    const manifest = JSON.parse(textOf('package.json')) as Record<string, Record<string, string> | undefined>;
    const versions = Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] });
    expect(versions.length).toBeGreaterThan(0);
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('runs only actions that are pinned to one commit', () => {
    const workflows = filesUnder('.github/workflows').map(textOf).join('\n');
    const used = [...workflows.matchAll(/uses:\s*(\S+)/g)].map(([, action = '']) => action);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
  });

  test('takes its packages from the public registry only', () => {
    const resolved = [...textOf('package-lock.json').matchAll(/"resolved": "([^"]*)"/g)].map(([, url = '']) => url);
    expect(resolved.filter((url) => !url.startsWith('https://registry.npmjs.org/'))).toEqual([]);
  });
});

describe('the detectors of this file', () => {
  const target = '# The main thing\n\n## A command, or two\n\n### …a step\n';
  const reads = (path: string): string | null => (path === 'docs/target.md' ? target : null);

  test.each([
    ['[a](missing.md)', 'docs/missing.md'],
    ['[a](../target.md)', 'target.md'],
    ['[a](target.md#nowhere)', 'docs/target.md#nowhere'],
    ['[a](#nowhere)', '#nowhere'],
    ['![a](picture.png)', 'docs/picture.png'],
    ['[a]\n\n[a]: missing.md', 'docs/missing.md'],
  ])('see that %j leads nowhere', (text, fault) => {
    expect(brokenLinks('docs/a.md', text, reads)).toEqual([expect.stringContaining(fault)]);
  });

  test.each([
    '[a](target.md#a-command-or-two) [b](target.md#a-step) [c](https://example.org/missing.md)',
    '# Here\n[a](#here)',
    '```\n[a](missing.md)\n```\n`[a](missing.md)`',
  ])('see that %j is right', (text) => {
    expect(brokenLinks('docs/a.md', text, reads)).toEqual([]);
  });

  test.each(['see /home/ann/ledger', 'in `/root/x`', '(/Users/ann/x)', '/tmp/out', 'C:\\Users\\ann'])(
    'see the path of a machine in %j',
    (text) => {
      expect(foreignPaths('a.md', text)).toHaveLength(1);
    },
  );

  test.each(['GET /v1/orders', 'https://example.org/home/x', './tmp/x', 'docs/tmp/x', '/health'])(
    'see no path of a machine in %j',
    (text) => {
      expect(foreignPaths('a.md', text)).toEqual([]);
    },
  );

  test.each([
    '// eslint-disable-next-line no-console',
    '/* eslint no-console: 0 */',
    '// @ts-expect-error it is',
    '// prettier-ignore',
    '/* istanbul ignore next */',
    'x(); // TODO later',
    "test.only('a', f)",
    'describe.skip("a", f)',
  ])('see the way out in %j', (text) => {
    expect(optOuts('a.ts', text)).toHaveLength(1);
  });

  test.each(['const list = "eslint";', '// It only skips what was read.', 'if (only.test(text)) skip();'])(
    'see no way out in %j',
    (text) => {
      expect(optOuts('a.ts', text)).toEqual([]);
    },
  );
});
