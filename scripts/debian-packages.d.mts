export declare function ensureDebianPackages(
  names: readonly string[],
  options?: { folder?: string },
): Promise<string | undefined>;
