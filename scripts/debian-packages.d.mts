export declare function ensureDebianPackages(
  names: readonly string[],
  probe?: readonly [program: string, ...args: string[]],
  options?: { folder?: string },
): Promise<string | undefined>;
export declare function libraryPath(root: string): Promise<string>;
