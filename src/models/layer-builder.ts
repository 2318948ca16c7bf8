import { OllamaError } from '../base/errors.ts';
import type { Digest } from '../names/digest.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { Layer } from '../store/manifest.ts';

/** The layers of a model in the making, and which blobs were written for it. */
export class LayerBuilder {
  readonly #blobs: BlobStore;
  readonly #created = new Set<Digest>();
  #layers: Layer[];

  constructor(blobs: BlobStore, layers: readonly Layer[]) {
    this.#blobs = blobs;
    this.#layers = [...layers];
  }

  get layers(): readonly Layer[] {
    return this.#layers;
  }

  /** Blobs that were not there before. */
  get created(): ReadonlySet<Digest> {
    return this.#created;
  }

  of(mediaType: string): Layer[] {
    return this.#layers.filter((layer) => layer.mediaType === mediaType);
  }

  remove(...mediaTypes: readonly string[]): void {
    this.#layers = this.#layers.filter((layer) => !mediaTypes.includes(layer.mediaType));
  }

  /** A layer named twice is kept once. */
  add(layer: Layer): void {
    const there = this.#layers.some(
      ({ mediaType, digest }) => mediaType === layer.mediaType && digest === layer.digest,
    );
    if (!there) this.#layers.push(layer);
  }

  /** A blob that was written for this model by others. */
  claim(digest: Digest): void {
    this.#created.add(digest);
  }

  async addText(mediaType: string, text: string): Promise<void> {
    this.add(await this.writeText(mediaType, text));
  }

  /** Writes the blob without making it one of the layers. */
  async writeText(mediaType: string, text: string): Promise<Layer> {
    const { digest, size, existed } = await this.#blobs.writeText(text);
    if (!existed) this.#created.add(digest);
    return { mediaType, digest, size };
  }

  async addBlob(mediaType: string, digest: Digest): Promise<void> {
    this.add({ mediaType, digest, size: await this.#sizeOf(digest) });
  }

  /** @throws OllamaError `internal` when a blob is gone, removed by someone else meanwhile */
  async requireAll(): Promise<void> {
    for (const { digest } of this.#layers) await this.#sizeOf(digest);
  }

  async #sizeOf(digest: Digest): Promise<number> {
    const size = await this.#blobs.size(digest);
    if (size !== undefined) return size;
    throw new OllamaError('internal', `blob "${digest}" was removed while the model was created: try again`);
  }
}
