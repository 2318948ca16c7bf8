export type PdfProblem = 'pages' | 'characters' | 'encrypted' | 'damaged' | 'map' | 'noText' | 'tooSlow';

export type PdfReply = { readonly text: string } | { readonly problem: PdfProblem; readonly limit?: number };

/** A file of the largest size takes a few seconds; one made to be slow would take forever. */
const MAX_MS = 60_000;

/** The text of a PDF file, in the order in which the file writes it, with a line before each page but the first. */
export async function pdfText(bytes: ArrayBuffer): Promise<PdfReply> {
  const { address } = await import('./pdf-worker.ts');
  const worker = new Worker(address, { type: 'module' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<PdfReply>((resolve) => {
      timer = setTimeout(() => resolve({ problem: 'tooSlow' }), MAX_MS);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<PdfReply>) => resolve(data);
      worker.onerror = () => resolve({ problem: 'damaged' });
      worker.postMessage(bytes, [bytes, port2]);
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}
