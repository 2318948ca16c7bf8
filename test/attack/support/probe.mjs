// Asks GET /api/version of a server every 20 ms over one connection until its standard input ends, then prints what it
// saw as JSON. It is a process of its own, so that an attack that occupies the test's event loop does not delay it.
// Usage: node probe.mjs URL
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 20;

const url = new URL('/api/version', process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** See ProbeReport in measure.ts. */
const report = { longestMs: 0, answers: 0, failures: 0 };

function ask() {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (incoming) => {
      incoming.resume();
      incoming.on('error', reject);
      incoming.on('end', () => (incoming.statusCode === 200 ? resolve() : reject(new Error('refused'))));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

let ended = false;
process.stdin.resume().on('end', () => {
  ended = true;
});

// One more question after the end, so that an attack is also seen when it stops everything until then.
for (let last = false; !last; ) {
  last = ended;
  const asked = performance.now();
  await ask().then(
    () => {
      report.answers += 1;
    },
    () => {
      report.failures += 1;
    },
  );
  const took = performance.now() - asked;
  report.longestMs = Math.max(report.longestMs, took);
  if (report.answers + report.failures === 1) process.stdout.write('asking\n');
  await sleep(Math.max(0, INTERVAL_MS - took));
}
process.stdout.write(`${JSON.stringify(report)}\n`);
agent.destroy();
