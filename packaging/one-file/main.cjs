// The first code that runs in the executable: finds the program that the command line asks for, and runs its bundle. Everything here is a
// file inside the executable. `scripts/package/executable.mjs` puts them there.
'use strict';
const { getRawAsset } = require('node:sea');
const { Script } = require('node:vm');

/** Words of child processes; `src/base/program/programs.ts` writes them. */
const programs = new Set(JSON.parse(text('programs.json')));
const [, , word = ''] = process.argv;
const isChild = word.startsWith('__') && programs.has(word.slice(2));
// Programs find their parameters where they are when they are started from files.
if (isChild) process.argv.splice(2, 1);
const bundle = isChild ? word.slice(2) : 'ollama';
/** The server needs so much more than other commands that it has compiled code of its own. */
const isServer = !isChild && (process.argv.includes('serve') || process.argv.includes('start'));
run(bundle, isServer ? 'serve' : bundle);

function run(name, compiled) {
  const script = new Script(text(`${name}.js`), {
    filename: `${name}.js`,
    cachedData: bytes(`${compiled}.compiled`),
  });
  globalThis.onCompiled?.(compiled, script);
  script.runInThisContext()(require);
}

/** The bundles are ASCII, so that V8 keeps them with one byte per character. */
function text(name) {
  return bytes(name)?.latin1Slice() ?? '';
}

/** @returns undefined when the executable does not contain it, such as compiled code for another machine */
function bytes(name) {
  try {
    return Buffer.from(getRawAsset(name));
  } catch {
    return undefined;
  }
}
