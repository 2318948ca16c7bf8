import { OllamaError } from '../base/errors.ts';
import type { Digest } from '../names/digest.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { Layer } from '../store/manifest.ts';

/** Collects the layers of a new model and remembers which blobs were written for it. */
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

  /** Blobs that did not exist before. */
  get created(): ReadonlySet<Digest> {
    return this.#created;
  }

  of(mediaType: string): Layer[] {
    return this.#layers.filter((layer) => layer.mediaType === mediaType);
  }

  remove(...mediaTypes: readonly string[]): void {
    this.#layers = this.#layers.filter((layer) => !mediaTypes.includes(layer.mediaType));
  }

  /** Adds a layer unless it is already present. */
  add(layer: Layer): void {
    const there = this.#layers.some(
      ({ mediaType, digest }) => mediaType === layer.mediaType && digest === layer.digest,
    );
    if (!there) this.#layers.push(layer);
  }

  /** Registers a blob that other code wrote for this model. */
  claim(digest: Digest): void {
    this.#created.add(digest);
  }

  async addText(mediaType: string, text: string): Promise<void> {
    this.add(await this.writeText(mediaType, text));
  }

  /** Writes a text as a blob without adding it to the layers. */
  async writeText(mediaType: string, text: string): Promise<Layer> {
    const { digest, size, existed } = await this.#blobs.writeText(text);
    if (!existed) this.#created.add(digest);
    return { mediaType, digest, size };
  }

  async addBlob(mediaType: string, digest: Digest): Promise<void> {
    this.add({ mediaType, digest, size: await this.#sizeOf(digest) });
  }

  /** @throws OllamaError `internal` when something else has removed a blob in the meantime */
  async requireAll(): Promise<void> {
    for (const { digest } of this.#layers) await this.#sizeOf(digest);
  }

  async #sizeOf(digest: Digest): Promise<number> {
    const size = await this.#blobs.size(digest);
    if (size !== undefined) return size;
    throw new OllamaError(
      'internal',
      `blob "${digest}" was removed while the model was being created: try again`,
    );
  }
}
