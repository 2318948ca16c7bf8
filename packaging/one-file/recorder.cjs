// Stands before `main.cjs` in an executable that is made only to run once: when a program ends, what V8 has compiled of it is written into
// the folder "compiled" beside that of the executable.
'use strict';
{
  const { mkdirSync, writeFileSync } = require('node:fs');
  const { dirname, join } = require('node:path');
  const folder = join(dirname(process.execPath), '..', '..', 'compiled');
  // V8 accepts compiled code only with the flags that it was made with, and the program loads it before it sets any.
  require('node:v8').setFlagsFromString = () => undefined;
  globalThis.onCompiled = (name, script) => {
    process.on('exit', () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}.compiled`), script.createCachedData());
    });
  };
}
