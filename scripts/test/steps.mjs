// The steps of `npm test`, `npm run test:long`, `npm run test:all` and `npm run test:nightly`.
import { join } from 'node:path';
import { root } from '../setup.mjs';
import { findRandomTests } from './random-tests.mjs';

const tool = (path, ...args) => [join(root, 'node_modules', path), ...args];

/** @param {string[]} projects of vitest.config.ts */
function vitest(projects, files = []) {
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/test/report-reporter.mjs')}`];
  const chosen = projects.flatMap((name) => ['--project', name]);
  return { args: tool('vitest/vitest.mjs', 'run', ...chosen, ...reporters, ...files), hasTests: true };
}

/** `needsBuild`: the step runs dist/. */
export const steps = {
  lint: { args: tool('@biomejs/biome/bin/biome', 'check', '.') },
  types: { args: tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.test.json') },
  // The page runs in browsers: other types of the surroundings.
  'page-types': { args: tool('typescript/bin/tsc', '-p', 'tsconfig.ui.json') },
  // The step `types` checks the same files.
  build: { args: [join(root, 'scripts/build.mjs'), '--no-check'] },
  deadcode: { args: tool('knip/bin/knip.js') },
  unit: vitest(['unit', 'unit-alone']),
  wire: { ...vitest(['wire']), needsBuild: true },
  model: { ...vitest(['model']), needsBuild: true },
  browser: { ...vitest(['browser']), needsBuild: true },
  random: { ...vitest(['unit', 'unit-alone', 'wire', 'model'], findRandomTests(root)), needsBuild: true },
  waiting: { ...vitest(['waiting']), needsBuild: true },
  clients: { ...vitest(['clients']), needsBuild: true },
  // The unit tests on Windows' Node under Wine.
  windows: { args: [join(root, 'scripts/wine/unit-tests.mjs')], hasTests: true },
  exact: { ...vitest(['exact']), needsBuild: true },
  long: { ...vitest(['long']), needsBuild: true },
  attack: { ...vitest(['attack']), needsBuild: true },
};

const checks = [
  ['types', 'page-types'],
  ['build', 'lint', 'deadcode'],
];
/** `random` and `windows` compute while these wait. */
const afterBuild = [
  [
    ['waiting', 'clients'],
    ['random', 'windows'],
  ],
  [['exact']],
  [['long']],
  [['attack']],
];

/**
 * What each command runs: groups one after the other; within a group, chains side by side; within a chain, steps one
 * after the other, also after one that failed. The first chain of a group has the processors first. `scale` is how often
 * random tests repeat (test/scale.ts).
 */
export const runs = {
  change: {
    scale: 'change',
    groups: [checks, [['unit']], [['wire']], [['model']], [['browser']]],
  },
  long: {
    scale: 'long',
    groups: afterBuild,
  },
  // What `change` and `long` run, without repeating anything: the files of `random` belong to unit, wire and model, and their
  // rounds of `long` begin with those of `change`.
  all: {
    scale: 'long',
    groups: [
      checks,
      [
        ['waiting', 'clients'],
        ['unit', 'windows'],
      ],
      [['wire']],
      [['model']],
      [['browser']],
      [['exact']],
      [['long']],
      [['attack']],
    ],
  },
  nightly: {
    scale: 'nightly',
    groups: afterBuild,
  },
};
