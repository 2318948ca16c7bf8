// A worker that speaks the frames of src/workers/task-frames.ts. Its tasks behave well or badly by their names.
const tasks = {
  echo: (input) => input,
  pid: () => process.pid,
  environment: () => Object.keys(process.env),
  fail: (message) => {
    throw new Error(message);
  },
  spin: () => {
    for (;;);
  },
  spinBriefly: (milliseconds) => {
    const end = Date.now() + milliseconds;
    while (Date.now() < end);
    throw new Error('it took long and failed');
  },
  grow: () => {
    const kept = [];
    for (;;) kept.push(new Array(1_000_000).fill(1.5));
  },
  growBuffers: () => {
    const kept = [];
    for (;;) kept.push(Buffer.alloc(1_000_000, 1));
  },
  exit: () => process.exit(7),
};

process.on('message', ({ name, input }) => {
  try {
    process.send({ value: tasks[name](input) });
  } catch (error) {
    process.send({ failure: { message: error.message, code: 'invalid-request', status: 400 } });
  }
});
process.on('disconnect', () => process.exit());
process.send('ready');
