export interface BuiltServer {
  readonly url: string;
  /** Value of OLLAMA_HOST for a client. */
  readonly host: string;
  readonly pid: number;
  /** The last part of the server's output. */
  output(): string;
  /** Resolves with "exit code N", the name of a signal, or the error of a failed start. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}
export declare function startServerProcess(options?: {
  env?: Record<string, string>;
  port?: number;
  /** Program to start; default: the one in this folder. */
  program?: string;
  /** How many files it may open; default: as many as this process. */
  openFiles?: number;
  /** The command that runs the program; default: this Node. */
  runtime?: readonly string[];
}): Promise<BuiltServer>;
export declare function serverVersion(url: string, timeoutMs?: number): Promise<string | undefined>;
