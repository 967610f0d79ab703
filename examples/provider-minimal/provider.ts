import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  COMMON_FLAGS,
  GrpcError,
  GrpcStatus,
  type Mounted,
  type MountRequest,
  type Provider,
  permissionOf,
  runProvider,
  stringMap,
} from "../../providers/kit/index.ts";

/** Serves the values of a JSON file: `objects: password,user` in the SecretProviderClass names two of them. */
class FileProvider implements Provider {
  readonly runtimeName = "minimal";
  readonly runtimeVersion = "1.0.0";
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async mount({ attributes, permission }: MountRequest): Promise<Mounted> {
    const names = (stringMap(attributes).get("objects") ?? "").split(",").filter((name) => name !== "");
    if (names.length === 0) throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, '"objects" names nothing');
    const store = stringMap(await readFile(this.#file, "utf8"));
    const files = names.map((name) => {
      const value = store.get(name);
      // All or nothing, and the message names the object, never a value.
      if (value === undefined) throw new GrpcError(GrpcStatus.NOT_FOUND, `there is no object "${name}"`);
      return { path: name, mode: permissionOf(permission), contents: Buffer.from(value) };
    });
    const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    return { files, versions: files.map(({ path, contents }) => ({ id: path, version: digest(contents) })) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const FLAGS = { ...COMMON_FLAGS, store: { kind: "string", initial: "store.json", usage: "file of values" } } as const;
process.exit(await runProvider("minimal", process.argv.slice(2), FLAGS, async ({ store }) => new FileProvider(store)));
