// Makes npm-shrinkwrap.json, which a package may contain, from package-lock.json, which npm leaves out of packages. It is
// not kept in the repository, because "npm ci" would prefer it to package-lock.json: "npm pack" and "npm publish" run this
// script before and after they read the files (prepack and postpack in package.json).
// Usage: node scripts/shrinkwrap.mjs [--remove]
import { copyFileSync, rmSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const shrinkwrap = new URL('npm-shrinkwrap.json', root);

if (process.argv[2] === '--remove') rmSync(shrinkwrap, { force: true });
else copyFileSync(new URL('package-lock.json', root), shrinkwrap);
