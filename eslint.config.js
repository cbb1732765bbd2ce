// House rules that a machine can check. There is no way out of them: inline comments are refused.
import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: the name alone tells what it is.',
};
const noEnum = { selector: 'TSEnumDeclaration', message: 'Use a union of literals: types are stripped, not compiled.' };
const noAsyncListener = {
  selector:
    'CallExpression[callee.property.name=/^(on|once|addListener|prependListener)$/] > :matches(ArrowFunctionExpression, FunctionExpression)[async=true]',
  message: 'An emitter does not await its listener, so that a failure would be lost.',
};
const noDoubleCast = {
  selector: 'TSAsExpression > TSAsExpression[typeAnnotation.type="TSUnknownKeyword"]',
  message: 'A double cast hides an error: parse the value, or give it the right type.',
};
const always = [noEnum, noAsyncListener];

const impure = ['Date', 'process', 'performance', 'crypto', 'fetch', 'console', 'Buffer', 'Promise', 'Intl'].concat([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'globalThis',
  'require',
  'WebSocket',
]);

export default defineConfig(
  globalIgnores(['node_modules/', 'coverage/', '.planted/', '.run/', '.stack/', 'schemas/generated.ts']),
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A method of an async interface may have nothing to await.
      '@typescript-eslint/require-await': 'off',
      // Our interfaces are records of plain functions, which may be taken apart; classes are errors only.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  {
    files: ['**/*.{ts,js}'],
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 70 }],
      'max-params': ['error', 5],
      // A switch over a union is one thought, however many cases it has.
      complexity: ['error', { max: 15, variant: 'modified' }],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': ['error', ...always, noDefaultExport],
    },
  },
  {
    files: ['src/**/*.ts', 'projections/**/*.ts', 'consumers/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...always, noDefaultExport, noDoubleCast] },
  },
  {
    // Replay and tests must repeat exactly: time, ids and chance arrive in the message.
    files: ['src/domain/**/*.ts', 'projections/*/project.ts', 'projections/*/table.ts'],
    rules: {
      'no-restricted-globals': ['error', ...impure],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Chance arrives in the message.' },
        { property: 'localeCompare', message: 'The order of text must not depend on the machine: compare with <.' },
        { property: 'toLocaleString', message: 'Text must not depend on the machine.' },
      ],
    },
  },
  {
    // A suite is one long function by nature; its cases are not.
    files: ['tests/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    // Loaded by tools that ask for a default export.
    files: ['*.config.js', 'tests/support/global-setup.ts', 'tests/support/global-teardown.ts'],
    rules: { 'no-restricted-syntax': ['error', ...always] },
  },
  {
    files: ['load-tests/*.js'],
    languageOptions: { globals: { __ENV: 'readonly', __VU: 'readonly', console: 'readonly' } },
  },
);
