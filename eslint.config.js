import tseslint from 'typescript-eslint';
import { noWordAsKey } from './test/setup/eslint/no-word-as-key.js';

const throughOutput =
  'Only the output layer writes to a terminal: use context.output, or sayOnTerminal in a worker.';

/** Only types cross into workflows (docs/design.md, determinism boundary); the contract is pure and imports nothing outside itself. */
export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.lab/', '.lab-*/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: [
            'eslint.config.js',
            'client/*.mjs',
            'test/setup/*.mjs',
            'test/setup/eslint/*.js',
            'worker/codec/*.cjs',
          ],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['client/**/*.ts', 'activities/**/*.ts', 'workflows/**/*.ts', 'worker/**/*.ts', 'charms/**/*.ts'],
    plugins: { 'myc-wf': { rules: { 'no-word-as-key': noWordAsKey } } },
    rules: { 'myc-wf/no-word-as-key': 'error' },
  },
  // Text of hosts reaches a terminal through the output layer only, which makes it printable (workflows/contract/printable.ts).
  {
    files: ['client/**/*.ts', 'activities/**/*.ts', 'worker/**/*.ts'],
    ignores: [
      'client/view/**',
      'client/{output,progress-view,terminal,make-context,cli}.ts',
      'worker/{log,say}.ts',
    ],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        ...['stdout', 'stderr'].map((property) => ({ object: 'process', property, message: throughOutput })),
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['process', 'node:process', 'console', 'node:console', 'tty', 'node:tty'].map((name) => ({
            name,
            message: throughOutput,
          })),
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.property.name=/^(write|end)$/][callee.object.property.name=/^std(out|err)$/]',
          message: throughOutput,
        },
        {
          selector:
            'CallExpression[callee.property.name=/^(write|end)$/][callee.object.name=/^std(out|err)$/]',
          message: throughOutput,
        },
        { selector: 'Property[key.name="stdio"] Literal[value="inherit"]', message: throughOutput },
        ...['value=/^.dev.(tty|std(out|err)|fd.[12])$/', 'value=1', 'value=2'].map((to) => ({
          selector: `CallExpression[callee.name=/^(createWriteStream|(write|open|append)(File)?(Sync)?)$/][arguments.0.${to}]`,
          message: throughOutput,
        })),
      ],
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/activities/**', '**/client/**', '**/worker/**'],
              allowTypeImports: true,
              message: 'Only types cross the determinism boundary.',
            },
            {
              group: ['node:*', 'fs', 'path', 'crypto'],
              message: 'Workflows are deterministic: ask an activity.',
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'fetch', 'Buffer'],
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { globals: { require: 'readonly', exports: 'writable' } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], extends: [tseslint.configs.disableTypeChecked] },
);
