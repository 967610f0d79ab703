import { createHash, randomBytes } from "node:crypto";
import type { VaultState } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import { goTime } from "../values/duration.ts";

const HASHES: ReadonlyMap<string, string> = new Map([
  ["sha2-224", "sha224"],
  ["sha2-256", "sha256"],
  ["sha2-384", "sha384"],
  ["sha2-512", "sha512"],
  ["sha3-224", "sha3-224"],
  ["sha3-256", "sha3-256"],
  ["sha3-384", "sha3-384"],
  ["sha3-512", "sha3-512"],
]);

/** Bytes that one request for randomness may have. */
const MAX_RANDOM = 128 * 1024;

/** `tools/…`, `key-status` and `rotate`. */
export function toolPaths(state: VaultState): PathSpec[] {
  const started = state.clock.now();
  let term = 1;
  return [
    {
      pattern: /^tools\/random(?:\/(?<urlbytes>[^/]+))?(?:\/(?<ignored>.*))?$/,
      fields: { bytes: "int", format: "string" },
      operations: { update: randomResult },
    },
    {
      pattern: /^tools\/hash(?:\/(?<urlalgorithm>.+))?$/,
      fields: { input: "string", algorithm: "string", format: "string" },
      operations: { update: hashResult },
    },
    {
      pattern: /^key-status$/,
      operations: { read: () => ({ data: { encryptions: 0, install_time: goTime(started), term } }) },
    },
    {
      pattern: /^rotate$/,
      operations: {
        update: () => {
          term++;
          return undefined;
        },
      },
    },
  ];
}

/** Random bytes in base64 or hex, as `sys/tools/random` and `transit/random` give them. */
export function randomResult({ fields }: Call): Result {
  const raw = fields.string("urlbytes");
  const bytes = raw === "" ? fields.int("bytes", 32) : Number(raw);
  if (!Number.isInteger(bytes))
    throw refuse(`error parsing url-set byte count: strconv.Atoi: parsing ${JSON.stringify(raw)}: invalid syntax`);
  if (bytes < 1) throw refuse('"bytes" cannot be less than 1');
  if (bytes > MAX_RANDOM) throw refuse('"bytes" should be less than 131072');
  return { data: { random_bytes: randomBytes(bytes).toString(encodingOf(fields.string("format", "base64"))) } };
}

function hashResult({ fields }: Call): Result {
  const algorithm = fields.string("urlalgorithm") || fields.string("algorithm", "sha2-256");
  const hash = HASHES.get(algorithm);
  if (hash === undefined) throw refuse(`unsupported algorithm ${algorithm}`);
  const encoding = encodingOf(fields.string("format", "hex"));
  const input = Buffer.from(fields.string("input"), "base64");
  return { data: { sum: createHash(hash).update(input).digest(encoding) } };
}

function encodingOf(format: string): "hex" | "base64" {
  if (format === "hex" || format === "base64") return format;
  throw refuse(`unsupported encoding format ${format}; must be "hex" or "base64"`);
}
