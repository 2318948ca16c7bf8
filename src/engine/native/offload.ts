/** Configures which GPUs hold the layers of a model. */
import { OllamaError } from '../../base/errors.ts';
import type { DevicePlan, LoadOptions } from '../../protocol/load.ts';
import type { Bindings, ContextParams, ModelParams, Pointer } from './bindings.ts';
import { expertOverrides } from './expert-overrides.ts';
import { allocateFloat32, allocatePointers } from './native-memory.ts';
import { splitModes } from './structs.ts';

type DeviceBindings = Pick<
  Bindings,
  'deviceByName' | 'deviceCount' | 'deviceAt' | 'deviceName' | 'maxDevices' | 'cpuBufferType'
>;
type DeviceParams = Pick<
  ModelParams,
  'devices' | 'n_gpu_layers' | 'split_mode' | 'main_gpu' | 'tensor_split' | 'tensor_buft_overrides'
>;
type DeviceOptions = Pick<LoadOptions, 'devices' | 'gpuLayers' | 'expertLayersOnCpu'>;

const onlyProcessor: DevicePlan = { gpus: [], split: [] };

/**
 * Sets the devices of a model. The arrays it points to are kept for the lifetime of the process: llama.cpp reads them
 * while it loads on another thread, and a process loads only one model.
 * @throws OllamaError `load-failed` for an inconsistent plan or a device that does not exist
 */
export function offloadModel(
  bindings: DeviceBindings,
  params: DeviceParams,
  { devices: plan = onlyProcessor, gpuLayers, expertLayersOnCpu = 0 }: DeviceOptions,
): void {
  const { gpus, split } = plan;
  requirePlan(plan, Number(bindings.maxDevices()));
  // An empty list is not the same as a null pointer, which would mean every GPU of the machine.
  const list = allocatePointers(gpus.length + 1);
  list.view.fill(0n);
  for (const [index, name] of gpus.entries()) list.view[index] = findDevice(bindings, name);
  params.devices = list.pointer;
  params.n_gpu_layers = gpus.length > 0 ? gpuLayers : 0;
  params.split_mode = gpus.length > 1 ? splitModes.layer : splitModes.none;
  params.main_gpu = 0;
  if (gpus.length > 0 && expertLayersOnCpu > 0) {
    params.tensor_buft_overrides = expertOverrides(bindings, expertLayersOnCpu);
  }
  if (gpus.length > 1) params.tensor_split = splitArray(split, Number(bindings.maxDevices()));
}

/** Without GPUs in the plan, nothing is computed on a GPU, whatever the libraries can reach. */
export function offloadContext(
  params: Pick<ContextParams, 'offload_kqv' | 'op_offload'>,
  { devices: plan = onlyProcessor }: Pick<LoadOptions, 'devices'>,
): void {
  params.offload_kqv = plan.gpus.length > 0;
  params.op_offload = plan.gpus.length > 0;
}

function requirePlan({ gpus, split }: DevicePlan, most: number): void {
  if (gpus.length > most) {
    throw new OllamaError(
      'load-failed',
      `a model cannot be split over ${gpus.length} GPUs; the maximum is ${most}`,
    );
  }
  if (new Set(gpus).size < gpus.length) {
    throw new OllamaError('load-failed', `a GPU is listed twice: ${gpus.join(', ')}`);
  }
  if (split.length !== gpus.length || !split.every((share) => share > 0 && Number.isFinite(share))) {
    const message = `the split over ${gpus.length} GPUs must consist of that many positive numbers: ${split.join(', ')}`;
    throw new OllamaError('load-failed', message);
  }
}

function findDevice(bindings: DeviceBindings, name: string): Pointer {
  const device = bindings.deviceByName(name);
  if (device !== null) return device;
  const names = deviceNames(bindings).join(', ');
  throw new OllamaError('load-failed', `the device "${name}" does not exist; available devices: ${names}`);
}

function deviceNames(bindings: DeviceBindings): string[] {
  return Array.from({ length: Number(bindings.deviceCount()) }, (_, index) =>
    bindings.deviceName(bindings.deviceAt(index)),
  );
}

function splitArray(split: readonly number[], length: number): Pointer {
  const shares = allocateFloat32(length);
  shares.view.fill(0);
  shares.view.set(split);
  return shares.pointer;
}
