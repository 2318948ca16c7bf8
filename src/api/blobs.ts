/** POST /api/blobs (not in Ollama's API): what became of the bytes of the body. */
export interface BlobResponse {
  /** "sha256:" and 64 hex digits. */
  digest: string;
  /** Bytes. */
  size: number;
}
