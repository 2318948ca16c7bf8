import { defineConfig } from 'vitest/config';

/** For `expect.poll`, whose own limit of one second is too short for a busy machine. */
const patience = { poll: { timeout: 30_000, interval: 10 } };

/** Tests against a built server: what the folders below test/e2e, and test/attack, have in common. */
const endToEnd = (name: string, ...folders: string[]) => ({
  name,
  include: [`test/e2e/${name}`, ...folders].map((folder) => `${folder}/*.test.ts`),
  globalSetup: ['test/e2e/support/global-setup.ts'],
  // Three times what the slowest needs on a machine that does nothing else.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: patience,
});

const unitTests = [
  'src/**/*.test.ts',
  'test/*.test.ts',
  'test/simulation/*.test.ts',
  'test/conformance/*.test.ts',
];
/** These load the native libraries or look at the child processes of their own process. */
const alone = ['src/engine/**/*.test.ts', 'src/runner/**/*.test.ts', 'src/convert/tensors/**/*.test.ts'];

/** Many of these wait for timers and sockets: more workers than processors keep two processors busy. */
const unit = (name: string, include: string[]) => ({
  name,
  include,
  maxWorkers: 3,
  // Tests with random input take a minute with the rounds of the long lanes, and several on a busy machine.
  testTimeout: 300_000,
  hookTimeout: 60_000,
  expect: patience,
});

export default defineConfig({
  test: {
    projects: [
      // Files share a process, which halves the time: none of them leaves anything behind in it.
      { test: { ...unit('unit', unitTests), exclude: alone, isolate: false } },
      { test: unit('unit-alone', alone) },
      { test: { ...endToEnd('wire'), maxWorkers: 4, sequence: { groupOrder: 1 } } },
      // These need the processor, or all of the memory: one file at a time.
      { test: { ...endToEnd('model'), fileParallelism: false, sequence: { groupOrder: 2 } } },
      // One browser at a time: each uses as many processors as there are.
      {
        test: {
          ...endToEnd('browser'),
          globalSetup: ['test/e2e/support/global-setup.ts', 'test/e2e/browser/support/browser-setup.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 6 },
        },
      },
      { test: { ...endToEnd('waiting', 'test/attack/waiting'), maxWorkers: 2, sequence: { groupOrder: 3 } } },
      { test: { ...endToEnd('clients'), maxWorkers: 2, sequence: { groupOrder: 7 } } },
      { test: { ...endToEnd('exact'), maxWorkers: 2, sequence: { groupOrder: 8 } } },
      { test: { ...endToEnd('long'), fileParallelism: false, sequence: { groupOrder: 4 } } },
      {
        test: {
          ...endToEnd('attack', 'test/attack'),
          fileParallelism: false,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});
