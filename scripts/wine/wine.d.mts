export declare function windowsPath(path: string): string;
