// Stands in for the program that lists devices; the folder's name selects its behaviour.
const [, , folder] = process.argv;
const device = {
  id: 'CUDA0',
  description: `sees ${process.env.CUDA_VISIBLE_DEVICES}`,
  kind: 'gpu',
  library: 'CUDA',
  totalBytes: 24e9,
  freeBytes: 23e9,
  busId: '0000:01:00.0',
};
const answer = (devices, problems = []) => console.log(JSON.stringify({ devices, problems }));

const behaviours = {
  good: () => {
    console.log('a driver greets');
    answer([device], ['vulkan: no loader']);
  },
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  fail: () => {
    console.error('error: no library ggml');
    process.exit(1);
  },
  hang: () => setInterval(() => undefined, 1000),
  nonsense: () => console.log('devices: 2'),
  silent: () => undefined,
  flood: () => process.stdout.write('x'.repeat(4 * 1024 * 1024)),
  negative: () => answer([{ ...device, freeBytes: -1 }]),
  nameless: () => answer([{ ...device, id: '' }]),
  strange: () => answer([{ ...device, kind: 'quantum' }]),
  many: () => answer(Array.from({ length: 65 }, () => device)),
  long: () => answer([{ ...device, description: 'x'.repeat(513) }]),
};
behaviours[folder]();
