/** How frequencies become mels: the formula of Slaney's toolbox, which is linear up to 1000 Hz, or that of HTK. */
type MelScale = 'slaney' | 'htk';

export interface MelFilterOptions {
  readonly scale: MelScale;
  /** Whether a filter is as much lower as it is wider, so that all have the same area. */
  readonly hasEqualArea: boolean;
  readonly bins: number;
  /** Length of the Fourier transform. */
  readonly fft: number;
  /** Samples per second. */
  readonly rate: number;
}

/** One triangle: the weights of the frequencies from `first` on. */
export interface MelFilter {
  readonly first: number;
  readonly weights: Float32Array;
}

/** Below this, Slaney's scale is linear. */
const LINEAR_HERTZ = 1000;
const MELS_PER_HERTZ = 3 / 200;
const LINEAR_MELS = LINEAR_HERTZ * MELS_PER_HERTZ;
/** Above it, a mel multiplies the frequency: 27 of them by 6.4. */
const LOG_STEP = Math.log(6.4) / 27;

const scales: Readonly<Record<MelScale, { toMel(hertz: number): number; toHertz(mel: number): number }>> = {
  slaney: {
    toMel: (hertz) =>
      hertz < LINEAR_HERTZ ? hertz * MELS_PER_HERTZ : LINEAR_MELS + Math.log(hertz / LINEAR_HERTZ) / LOG_STEP,
    toHertz: (mel) =>
      mel < LINEAR_MELS ? mel / MELS_PER_HERTZ : LINEAR_HERTZ * Math.exp((mel - LINEAR_MELS) * LOG_STEP),
  },
  htk: {
    toMel: (hertz) => 2595 * Math.log10(1 + hertz / 700),
    toHertz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
};

/** Triangular filters at equal distances in mels, from 0 Hz to half the rate, as librosa makes them. */
export function melFilters({ scale, hasEqualArea, bins, fft, rate }: MelFilterOptions): MelFilter[] {
  const { toMel, toHertz } = scales[scale];
  const top = toMel(rate / 2);
  const edges = Array.from({ length: bins + 2 }, (_, index) => toHertz((top * index) / (bins + 1)));
  const step = rate / fft;
  return Array.from({ length: bins }, (_, bin) => {
    const [left = 0, middle = 0, right = 0] = edges.slice(bin, bin + 3);
    const height = hasEqualArea ? 2 / (right - left) : 1;
    const first = Math.max(0, Math.ceil(left / step));
    const last = Math.min(fft / 2, Math.floor(right / step));
    const weights = Float32Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
      const hertz = (first + index) * step;
      const rising = (hertz - left) / (middle - left);
      const falling = (right - hertz) / (right - middle);
      return Math.max(0, Math.min(rising, falling)) * height;
    });
    return { first, weights };
  });
}
