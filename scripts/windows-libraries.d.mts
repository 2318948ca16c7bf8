export interface WindowsLibraries {
  readonly folder: string;
  readonly libraries: string;
  readonly file: string;
}
export function ensureWindowsLibraries(variants?: readonly string[]): Promise<WindowsLibraries>;
