#!/usr/bin/env node
// A program in place of a coding agent: it writes what it was started with into the file that AGENT_REPORT names, one
// JSON text per line, and does what its arguments say.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

const args = process.argv.slice(2);
const report = (fields) => appendFileSync(process.env.AGENT_REPORT, `${JSON.stringify(fields)}\n`);

if (args[0] === '--version') {
  console.log(`agent ${process.env.AGENT_VERSION ?? '9.9.9'}`);
} else {
  report({ args, env: process.env, pid: process.pid });
  if (args[0] === 'onboard') {
    const path = join(process.env.HOME, '.openclaw', 'openclaw.json');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"wizard": {"lastRunAt": "2026-01-01"}}');
  } else if (args[0] === 'gateway') {
    createServer((socket) => socket.end()).listen(Number(process.env.AGENT_PORT), '127.0.0.1');
  } else if (args.includes('ask')) {
    process.stdout.write('agent asks: ');
    process.stdin.once('data', (answer) => {
      report({ answer: answer.toString() });
      process.exit(0);
    });
  } else if (args.includes('wait')) {
    for (const signal of ['SIGTERM', 'SIGINT'])
      process.on(signal, () => process.exit(signal === 'SIGTERM' ? 43 : 42));
    process.stdout.write('agent waits\n');
    setInterval(() => undefined, 1000);
  } else if (args.includes('kill-yourself')) {
    process.kill(process.pid, 'SIGKILL');
  } else {
    process.stdout.write('agent ran\n');
    process.exitCode = Number(args.at(-1)) || 0;
  }
}
