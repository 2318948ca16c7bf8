import { defineConfig } from 'vitest/config';

/** Tests against a built server: what the folders below test/e2e have in common. */
const endToEnd = (name: string) => ({
  name,
  include: [`test/e2e/${name}/*.test.ts`],
  globalSetup: ['test/e2e/support/global-setup.ts'],
  testTimeout: 60_000,
  hookTimeout: 120_000,
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/*.test.ts',
            'test/simulation/*.test.ts',
            'test/conformance/*.test.ts',
          ],
        },
      },
      { test: { ...endToEnd('wire'), maxWorkers: 4, sequence: { groupOrder: 1 } } },
      // These need the processor, or all of the memory: one file at a time.
      { test: { ...endToEnd('model'), fileParallelism: false, sequence: { groupOrder: 2 } } },
      { test: { ...endToEnd('long'), fileParallelism: false, sequence: { groupOrder: 3 } } },
    ],
  },
});
