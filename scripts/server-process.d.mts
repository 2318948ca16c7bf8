export interface BuiltServer {
  readonly url: string;
  /** What OLLAMA_HOST must be for a client. */
  readonly host: string;
  readonly pid: number;
  /** The last of what it printed. */
  output(): string;
  /** Settles with "exit code N" or a signal's name. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}
export declare function startServerProcess(options?: {
  env?: Record<string, string>;
  port?: number;
  /** Instead of the one in this folder. */
  program?: string;
}): Promise<BuiltServer>;
export declare function serverVersion(url: string, timeoutMs?: number): Promise<string | undefined>;
