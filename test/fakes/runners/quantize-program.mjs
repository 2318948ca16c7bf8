// Stands in for the quantizing process; the requested type selects its behaviour.
import { writeFileSync } from 'node:fs';

const { fileType, outputPath } = JSON.parse(process.argv[2] ?? '');
const [damaged, failing, killed, hanging] = [1, 7, 2, 3];
if (fileType === damaged) writeFileSync(outputPath, 'GGUF, but no more');
if (fileType === failing) {
  process.stderr.write(
    '[   1/   1] output_norm.weight - [64], type = f32, llama_model_quantize: failed to quantize: no\n',
  );
  process.exitCode = 1;
}
if (fileType === killed) process.kill(process.pid, 'SIGKILL');
if (fileType === hanging) {
  process.stderr.write('[   1/   1] output_norm.weight - [64], type = f32, size = 1 MiB\n');
  setInterval(() => undefined, 1000);
}
