// `npm run bench:import`: converts a model of random weights to F16, BF16 and Q8_0 with our converter and, given
// --python PROGRAM and --converter convert_hf_to_gguf.py, with llama.cpp's, in turns; then 1 GiB to BF16 against copying and hashing
// it. Processor time is what counts; a busy machine changes the rest. --rounds N, --folder FOLDER for the files, --only types
// or --only copy for one of the two parts.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRandomFolder } from './random-folder.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string', default: process.env.IMPORT_PYTHON },
    converter: { type: 'string', default: process.env.IMPORT_CONVERTER },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
    only: { type: 'string' },
  },
});

/** 0.4 GB, and a little more than 1 GiB. */
const LAYERS = 12;
const LAYERS_OF_A_GIB = 42;
const types = ['F16', 'BF16', 'Q8_0'];
/** Ticks of the times in /proc, per second. */
const TICKS = 100;
const WATCH_MS = 20;

/** Processor seconds of all children that have exited. */
function processorSeconds() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** Watches the largest memory that each process had, in MB. @returns a function that ends the watch */
function watchPeak(pid, onPeak) {
  const timer = setInterval(() => {
    try {
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
      if (peak) onPeak(Number(peak[1]) / 1000);
    } catch {
      // It has exited.
    }
  }, WATCH_MS);
  return () => clearInterval(timer);
}

/** @returns seconds of wall and processor time, and what the action returns */
async function measure(action) {
  const [wall, processor] = [performance.now(), processorSeconds()];
  const result = await action();
  return { ...result, wall: (performance.now() - wall) / 1000, processor: processorSeconds() - processor };
}

/** Runs a program and waits for it. */
function runProgram(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-2000);
  });
  let peak = 0;
  const end = watchPeak(child.pid, (megabytes) => {
    peak = megabytes;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      end();
      if (status === 0) resolve({ peak });
      else reject(new Error(`${command} ended with ${status}: ${log}`));
    });
  });
}

function referenceRun(model, type, output) {
  const args = [flags.converter, model, '--outtype', type.toLowerCase(), '--outfile', output];
  return runProgram(flags.python, args);
}

/** What importing its modules takes, which is part of each run of it. */
function referenceImports() {
  const code = `import sys; sys.path.insert(0, ${JSON.stringify(dirname(flags.converter))}); import convert_hf_to_gguf`;
  return runProgram(flags.python, ['-c', code]);
}

/** Both processes, as the server starts them. */
async function ourRun(convertPrograms, files, type, output) {
  const peaks = [];
  const keeper = {
    add(pid, exited) {
      const index = peaks.push(0) - 1;
      const end = watchPeak(pid, (megabytes) => {
        peaks[index] = megabytes;
      });
      void exited.then(end);
    },
  };
  const programs = convertPrograms({ keeper });
  const { signal } = new AbortController();
  const places = { outputPath: output, planPath: `${output}.plan` };
  await programs.plan({ kind: 'plan', files, type, ...places }, signal);
  const written = performance.now();
  await programs.write({ kind: 'write', ...places }, signal, () => undefined);
  return { peaks, writing: (performance.now() - written) / 1000 };
}

/** Copies a file as a store does: hashed on the way, and on the disk at the end. */
function copyAndHash(from, to) {
  const [source, target] = [openSync(from, 'r'), openSync(to, 'w')];
  const piece = Buffer.alloc(1024 * 1024);
  const hash = createHash('sha256');
  for (;;) {
    const length = readSync(source, piece);
    if (length === 0) break;
    hash.update(piece.subarray(0, length));
    writeSync(target, piece, 0, length);
  }
  fsyncSync(target);
  closeSync(source);
  closeSync(target);
  hash.digest('hex');
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const columnOf = (runs, pick, digits = 1) =>
  runs.length === 0 ? '-' : median(runs.map(pick)).toFixed(digits);
const ratioOf = (theirs, ours, pick) =>
  theirs.length === 0
    ? '-'
    : `${median(theirs.map((run, index) => pick(run) / pick(ours[index]))).toFixed(1)} x`;

async function compareTypes(folder, convertPrograms, rounds) {
  const model = join(folder, 'model');
  await mkdir(model);
  const { files, bytes } = writeRandomFolder(model, LAYERS);
  const output = join(folder, 'output.gguf');
  console.log(
    `${(bytes / 1e9).toFixed(2)} GB of BF16, medians of ${rounds} rounds; ratios are medians of pairs\n`,
  );
  console.log(
    '| to | ours: wall, s | CPU, s | writing, s | memory: plan, MB | write, MB | reference: wall, s | CPU, s | memory, MB | wall | CPU |',
  );
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|');
  for (const type of types) {
    const [ours, theirs] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      const turns = [
        async () => ours.push(await measure(() => ourRun(convertPrograms, files, type, output))),
        async () => flags.python && theirs.push(await measure(() => referenceRun(model, type, output))),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) {
        await turn();
        rmSync(output, { force: true });
      }
    }
    const cells = [
      columnOf(ours, ({ wall }) => wall, 2),
      columnOf(ours, ({ processor }) => processor, 2),
      columnOf(ours, ({ writing }) => writing, 2),
      columnOf(ours, ({ peaks }) => peaks[0], 0),
      columnOf(ours, ({ peaks }) => peaks[1], 0),
      columnOf(theirs, ({ wall }) => wall, 2),
      columnOf(theirs, ({ processor }) => processor, 2),
      columnOf(theirs, ({ peak }) => peak, 0),
      ratioOf(theirs, ours, ({ wall }) => wall),
      ratioOf(theirs, ours, ({ processor }) => processor),
    ];
    console.log(`| ${type} | ${cells.join(' | ')} |`);
  }
  if (flags.python) {
    const imports = [];
    for (let round = 0; round < rounds; round += 1) imports.push(await measure(referenceImports));
    const [wall, processor] = [
      columnOf(imports, (run) => run.wall, 2),
      columnOf(imports, (run) => run.processor, 2),
    ];
    console.log(`\nThe reference's imports alone: ${wall} s, of which ${processor} s CPU.`);
  }
}

async function compareWithCopy(folder, convertPrograms, rounds) {
  const model = join(folder, 'large');
  await mkdir(model);
  const { files, bytes } = writeRandomFolder(model, LAYERS_OF_A_GIB);
  const output = join(folder, 'output.gguf');
  const [ours, copies] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await measure(() => ourRun(convertPrograms, files, 'BF16', output)));
    rmSync(output);
    const begun = performance.now();
    copyAndHash(join(model, 'model.safetensors'), output);
    copies.push({ wall: (performance.now() - begun) / 1000 });
    rmSync(output);
  }
  const seconds = (runs) => `${columnOf(runs, (run) => run.wall, 2)} s`;
  const ratio = ratioOf(ours, copies, ({ wall }) => wall);
  const writing = columnOf(ours, (run) => run.writing, 2);
  const memory = columnOf(ours, ({ peaks }) => peaks[1], 0);
  console.log(
    `\n${(bytes / 2 ** 30).toFixed(2)} GiB to BF16: ${seconds(ours)}, ${writing} s of it writing, in ${memory} MB.`,
  );
  console.log(`Copying and hashing it: ${seconds(copies)}. Ratio of wall time ${ratio} (goal: 1.5 x).`);
}

await ensureDependencies();
await ensureBuild();
const { convertPrograms } = await import('../dist/models/conversion/convert-process.js');
// Our processes give way to others, so that everything else here must do the same.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const folder = await mkdtemp(join(flags.folder, 'ollama-import-'));
try {
  const rounds = Number(flags.rounds);
  if (flags.only !== 'copy') await compareTypes(folder, convertPrograms, rounds);
  if (flags.only !== 'types') await compareWithCopy(folder, convertPrograms, rounds);
} finally {
  await rm(folder, { recursive: true, force: true });
}
