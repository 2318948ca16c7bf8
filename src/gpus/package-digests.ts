/**
 * The packages of llama.cpp's libraries that belong to this program, by what npm must have downloaded. Raise the version
 * together with package.json and take the digests from `npm view NAME@VERSION dist.integrity`.
 */

/** The version of all packages in the table. */
export const DIGESTS_VERSION = '3.22.1';

/** SHA-512 of each package file, in the form of package-lock.json ("Subresource Integrity"). */
const digests: Readonly<Record<string, string>> = {
  '@node-llama-cpp/linux-x64':
    'sha512-5uCCDNqWCNfaAm8aR/Uzxbo4HBpKgNF91kCHPepKhgMgV2OAmatoefbOlMihsqCiH2Od35E/eUHQCFbfRBJuOg==',
  '@node-llama-cpp/linux-arm64':
    'sha512-W+7naKCXX9/eEjjFmRS8vvx91QyLXDbeFxexZc3bh/PtQABZgmRL3C0AtYYXn4YGTj/3Qor4lWZn2tpjZFPLdQ==',
  '@node-llama-cpp/linux-x64-cuda':
    'sha512-8rQCjyNNLZJUFit+YpjwlC4hwkKgOMIkB2wuycKBf8NU2O3ySKbiWZQ8aw9ku2nUTXjSnUIrE6KB88itduTBuA==',
  '@node-llama-cpp/linux-x64-cuda-ext':
    'sha512-4e5ajkiM2aR2WAdB/N/ACk4weEhHvOAIrzxZPsIX0xDFW5+6hhShuy1/vs88SK9NGdgAco9IyE28eYS0H1efpA==',
  '@node-llama-cpp/linux-x64-vulkan':
    'sha512-bBxqU+JOcBu1nb5Qj2zcMci+JByT1E8EajHvYodyNfVIPkEhXh+/HMwR1/BT7xP08YK0hks+kM8fglER0P8JEg==',
};

/** @throws Error for a package that is not in the table, which is a mistake in this program */
export function digestOf(packageName: string): string {
  const digest = digests[packageName];
  if (digest === undefined) throw new Error(`no digest of ${packageName} is known`);
  return digest;
}
