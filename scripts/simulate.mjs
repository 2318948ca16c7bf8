// `npm run simulate`: compiles test/simulation/ and prints one schedule of the scheduling policy as a timeline.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkNodeVersion, ensureDependencies, root, runNode, SetupError } from './setup.mjs';

async function main(args) {
  checkNodeVersion();
  await ensureDependencies();
  const output = join(root, 'node_modules/.cache/simulation');
  await rm(output, { recursive: true, force: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const status = await runNode([compiler, '-p', join(root, 'test/simulation/tsconfig.json')]);
  if (status !== 0) throw new SetupError('test/simulation/ does not compile: see the lines above');
  await mkdir(output, { recursive: true });
  // Node treats files below node_modules as CommonJS unless a package.json beside them says otherwise.
  await writeFile(join(output, 'package.json'), '{ "type": "module" }\n');
  return runNode([join(output, 'test/simulation/main.js'), ...args]);
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error) => {
    console.error(`simulate: ${error instanceof SetupError ? error.message : error.stack}`);
    process.exitCode = 1;
  },
);
