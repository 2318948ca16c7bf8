// The built engine in a process whose address space may grow by at most ENGINE_LIMIT MiB.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const kibibytes = Number(/^VmSize:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const bytes = kibibytes * 1024 + Number(process.env.ENGINE_LIMIT) * 1024 * 1024;
execFileSync('prlimit', ['--pid', String(process.pid), `--as=${bytes}`]);
await import('../../../dist/engine/main.js');
