// Stands in for npm: "installs" small packages, or fails as the first argument says.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [, , behaviour, ...parameters] = process.argv;
const prefix = parameters[parameters.indexOf('--prefix') + 1];
const { dependencies } = JSON.parse(readFileSync(join(prefix, 'package.json'), 'utf8'));
const specs = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function installAll(version) {
  for (const spec of specs) install(spec, version);
}

function install(spec, version) {
  const name = spec.slice(0, spec.lastIndexOf('@'));
  const folder = join(prefix, 'node_modules', name);
  write(
    join(folder, 'package.json'),
    JSON.stringify({ version: version ?? spec.slice(spec.lastIndexOf('@') + 1) }),
  );
  const bare = name.slice(name.indexOf('/') + 1);
  const backend = bare.split('-')[2];
  const spare = bare.endsWith('-ext') ? 'fallback' : '';
  write(join(folder, 'bins', bare.replace(/-ext$/, ''), spare, `libggml-${backend}.so`), spec);
}

const behaviours = {
  good: () => installAll(),
  remember: () => {
    installAll();
    write(join(prefix, 'parameters.json'), JSON.stringify(parameters));
  },
  old: () => installAll('1.0.0'),
  empty: () => undefined,
  fail: () => {
    install(specs[0]);
    console.error(
      'npm warn something\nnpm error code E404\nnpm error 404 Not Found\nnpm error A complete log of this',
    );
    process.exit(1);
  },
  crash: () => process.kill(process.pid, 'SIGKILL'),
};
behaviours[behaviour]();
