import { describe, expect, it } from 'vitest';
import { EngineLog } from './engine-log.ts';

describe('EngineLog', () => {
  it('adds up buffers, wherever the pipe split their lines', () => {
    const log = new EngineLog();
    log.push('load_tensors:   CPU_Mapped model buffer size =    93.50 M');
    log.push('iB\nllama_kv_cache:      CUDA0 KV buffer size =   100.00 MiB\n');
    expect(log.buffers.memory()).toMatchObject({ totalBytes: 193.5 * 2 ** 20, gpuBytes: 100 * 2 ** 20 });
  });

  it('counts adapters, and counts weights once that are both mapped and copied', () => {
    const log = new EngineLog();
    log.push('load_tensors:   CPU_Mapped model buffer size =    90.00 MiB\n');
    log.push('load_tensors:   CPU_REPACK model buffer size =    80.00 MiB\n');
    log.push('load: CPU LoRA buffer size = 3.00 MiB\nload_tensors: CUDA0 model buffer size = 5.00 MiB\n');
    const mebibytes = (count: number) => count * 1024 * 1024;
    const { totalBytes, gpuBytes } = log.buffers.memory(mebibytes(100));
    expect([totalBytes, gpuBytes]).toEqual([mebibytes(103), mebibytes(5)]);
    expect(log.buffers.memory(mebibytes(500)).totalBytes).toBe(mebibytes(178));
    expect(log.buffers.memory(0)).toEqual(log.buffers.memory());
  });

  it('keeps only the newest lines that explain a failure, wherever the pipe split them', () => {
    const log = new EngineLog();
    for (let index = 0; index < 20; index++) {
      log.push('chatter\nerror num');
      log.push(`ber ${index}\n`);
    }
    expect(log.failures).toHaveLength(8);
    expect(log.failures.at(-1)).toBe('error number 19');
    expect(log.failures).not.toContain('chatter');
  });

  it('reports when a line has arrived', () => {
    const log = new EngineLog();
    let seen = 0;
    log.onLine('marker', () => {
      seen++;
    });
    log.push('mar');
    expect(seen).toBe(0);
    log.push('ker\n');
    expect(seen).toBe(1);
  });

  it('does not grow with a line that never ends', () => {
    const log = new EngineLog();
    for (let index = 0; index < 100; index++) log.push('error '.repeat(1000));
    log.push('\n');
    expect(log.failures.join('').length).toBeLessThanOrEqual(2000);
  });

  it('reports the largest buffer that was refused, in bytes or MiB', () => {
    const log = new EngineLog();
    expect(log.refusedBytes).toBeUndefined();
    log.push('alloc_tensor_range: failed to allocate CPU buffer of size 5000\n');
    log.push('output_reserve: failed to allocate output buffer of size 2.00 MiB\n');
    log.push('ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 7000\n');
    log.push('llama_kv_cache: failed to allocate buffer for kv cache\n');
    expect(log.refusedBytes).toBe(2 * 1024 * 1024);
    expect(log.failures).toHaveLength(4);
  });

  it('does not treat weights that could not be locked as a failure', () => {
    const log = new EngineLog();
    log.push('warning: failed to mlock 96583680-byte buffer (after previously locking 0 bytes): Cannot\n');
    expect([log.lockFailed, log.failures]).toEqual([true, []]);
  });
});
