export declare function findRandomTests(root: string): string[];
