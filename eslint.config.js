import tseslint from 'typescript-eslint';
import { noWordAsKey } from './test/setup/eslint/no-word-as-key.js';

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
