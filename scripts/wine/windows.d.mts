export interface Windows {
  /** Wine's folder. */
  readonly prefix: string;
  /** Path of node.exe. */
  readonly node: string;
  /** Variables with which it finds native packages and libraries. */
  readonly env: Readonly<Record<string, string>>;
}
export declare function missingForWindows(): string[];
export declare function ensureWindows(): Promise<Windows>;
