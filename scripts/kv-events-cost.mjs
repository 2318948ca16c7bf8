// What events about the KV caches cost: the engine's report, and the work of the thread that publishes.
import { EventStream } from '../dist/blocks/event-stream.js';
import { HeldChanges } from '../dist/engine/cache/held-changes.js';

const SLOTS = 4;
const TOKENS = 8192;
const REPORTS = 500;

const slots = Array.from({ length: SLOTS }, (_, slot) => ({
  tokens: Array.from({ length: TOKENS }, (_, index) => (index * 7 + slot * 13) % 49_152),
  ...{ salt: '', busy: true, lastUsed: 1, exactLength: Number.POSITIVE_INFINITY },
}));
const states = { slots, host: [], disk: [] };
const changes = new HeldChanges(16);
const stream = new EventStream({ blockSize: 16, seed: 's', topic: '' }, () => Date.now() / 1000);

const reports = [];
for (let taken = changes.take(states); taken; taken = changes.take(states)) reports.push(taken.report);
let started = performance.now();
const bytes = reports.reduce((sum, report) => sum + (stream.report(1, 'm', report)?.[2].length ?? 0), 0);
const published = performance.now() - started;
started = performance.now();
for (let token = 0; token < REPORTS; token++) {
  for (const { tokens } of slots) tokens.push(token);
  changes.take(states);
}
const perReport = (performance.now() - started) / REPORTS;
const tokens = SLOTS * TOKENS;
console.log(
  `publish: ${((published * 1000) / tokens).toFixed(2)} us and ${(bytes / tokens).toFixed(1)} bytes per token`,
);
console.log(
  `report of ${SLOTS} busy slots of ${TOKENS} tokens: ${perReport.toFixed(3)} ms, at most every 50 ms`,
);
