import { getText } from '../http.ts';
import { LlamaServer } from './llama-server.ts';
import { OllamaServer } from './ollama-server.ts';
import type { BenchServer } from './server.ts';

/** Detects which API a server speaks. @throws Error if it is neither Ollama's nor llama-server's */
export async function detectServer(
  label: string,
  url: string,
  model: string,
  pid?: number,
): Promise<BenchServer> {
  const base = url.replace(/\/+$/, '');
  if ((await statusOf(`${base}/api/version`)) === 200) return new OllamaServer(label, base, model, pid);
  if ((await statusOf(`${base}/props`)) === 200) return new LlamaServer(label, base);
  throw new Error(`${url} supports neither GET /api/version (Ollama's API) nor GET /props (llama-server)`);
}

async function statusOf(url: string): Promise<number> {
  try {
    return (await getText(url)).status;
  } catch (error) {
    throw new Error(`no server at ${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
