/**
 * The discrete Fourier transform of real values, for any length: halves as long as it can (Cooley and Tukey), and what is odd
 * by definition. Computed in double precision.
 */
export class RealFft {
  readonly size: number;
  /** The result: real and imaginary parts of frequencies 0 to `size - 1`. */
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.real = new Float64Array(size);
    this.imaginary = new Float64Array(size);
    this.#cosine = Float64Array.from({ length: size }, (_, index) => Math.cos((2 * Math.PI * index) / size));
    this.#sine = Float64Array.from({ length: size }, (_, index) => -Math.sin((2 * Math.PI * index) / size));
  }

  /** @param input `size` values */
  transform(input: Float64Array): void {
    this.#part(input, { from: 0, step: 1, length: this.size, to: 0 });
  }

  /** Transforms every `step`-th value. */
  #part(input: Float64Array, { from, step, length, to }: Part): void {
    if (length % 2 === 1) {
      this.#directly(input, { from, step, length, to });
      return;
    }
    const half = length / 2;
    this.#part(input, { from, step: 2 * step, length: half, to });
    this.#part(input, { from: from + step, step: 2 * step, length: half, to: to + half });
    const { real, imaginary } = this;
    for (let index = 0; index < half; index++) {
      const [even, odd] = [to + index, to + half + index];
      const cosine = this.#cosine[index * step] as number;
      const sine = this.#sine[index * step] as number;
      const oddReal = (real[odd] as number) * cosine - (imaginary[odd] as number) * sine;
      const oddImaginary = (real[odd] as number) * sine + (imaginary[odd] as number) * cosine;
      real[odd] = (real[even] as number) - oddReal;
      imaginary[odd] = (imaginary[even] as number) - oddImaginary;
      real[even] = (real[even] as number) + oddReal;
      imaginary[even] = (imaginary[even] as number) + oddImaginary;
    }
  }

  #directly(input: Float64Array, { from, step, length, to }: Part): void {
    // The second half of the frequencies mirrors the first one, as the values are real.
    for (let frequency = 0; frequency <= length / 2; frequency++) {
      let real = 0;
      let imaginary = 0;
      const turn = frequency * step;
      for (let index = 0, angle = 0; index < length; index++) {
        const value = input[from + index * step] as number;
        real += value * (this.#cosine[angle] as number);
        imaginary += value * (this.#sine[angle] as number);
        angle += turn;
        if (angle >= this.size) angle -= this.size;
      }
      this.real[to + frequency] = real;
      this.imaginary[to + frequency] = imaginary;
      if (frequency > 0) {
        this.real[to + length - frequency] = real;
        this.imaginary[to + length - frequency] = -imaginary;
      }
    }
  }
}

interface Part {
  readonly from: number;
  readonly step: number;
  readonly length: number;
  readonly to: number;
}
