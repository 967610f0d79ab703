import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { MountproofError, messageOf } from "../../core/index.ts";
import { layoutOf } from "../layout.ts";

/** What a cluster's own store of a cloud is set up by, and what it calls the things of `examples/`. */
const OwnStoreSchema = z.strictObject({
  /** A command that makes what the guide's set-up script makes; run in the folder of the settings' file. */
  setup: z.string().trim().min(1),
  /** A command that takes it away again. */
  cleanup: z.string().trim().min(1).exactOptional(),
  /** `"111122223333": "444455556666"`: a name in the examples, and the store's own. */
  names: z.record(z.string().min(1), z.string().min(1)).default({}),
});

const Schema = z.strictObject({
  /** The Vault that pods reach as http://vault.vault.svc:8200, with kubernetes auth against this cluster. */
  vault: z
    .strictObject({
      /** How this machine reaches it. */
      admin: z.url(),
      token: z.string().min(1),
      /** What `auth/kubernetes/config` is written with, where that is not what the guide says. */
      /** It is this project's fake: it may be sealed and made to fail, by its control API. */
      isFake: z.boolean().exactOptional(),
      kubernetesAuth: z.record(z.string(), z.unknown()).exactOptional(),
    })
    .exactOptional(),
  /** Fake clouds in the cluster, at the clouds' own names: how this machine reaches the control API of each. */
  clouds: z
    .strictObject({
      /** Who issued their certificates, PEM: providers are told to trust it. */
      trustedCaPem: z.string().min(1),
      aws: z.url().exactOptional(),
      azure: z.url().exactOptional(),
      gcp: z.url().exactOptional(),
    })
    .exactOptional(),
  /** Clouds of the user's own, at their own names: each is told of secrets and pods by the user's command. */
  stores: z
    .strictObject({
      aws: OwnStoreSchema.exactOptional(),
      azure: OwnStoreSchema.exactOptional(),
      gcp: OwnStoreSchema.exactOptional(),
    })
    .exactOptional(),
  /** Which image stands for which: `myapp:latest: busybox:1.36`. */
  images: z.record(z.string(), z.string()).default({}),
  /** What application containers run, so that they stay. */
  command: z.array(z.string()).min(1).default(["sleep", "86400"]),
});

type Read = z.infer<typeof Schema>;
/** A cloud of the user's own, and where its commands run. */
export type OwnStore = z.infer<typeof OwnStoreSchema> & { readonly folder: string };
export type ClusterSettings = Omit<Read, "stores"> & {
  readonly stores?: Readonly<Partial<Record<keyof NonNullable<Read["stores"]>, OwnStore>>>;
};

/** What the guides' applications are run as where nothing else is said: it has a shell, find, stat and base64. */
const APP_IMAGES = { "myapp:latest": "busybox:1.36" } as const;

/** @throws MountproofError `invalid_config` naming file and field */
export async function readClusterSettings(file: string | undefined): Promise<ClusterSettings> {
  if (file === undefined) return { images: { ...APP_IMAGES }, command: ["sleep", "86400"] };
  const broken = (why: string, cause?: unknown): MountproofError =>
    new MountproofError("invalid_config", {
      message: `the cluster's settings "${file}" are of no use: ${why}`,
      hint: "for example: vault: { admin: 'http://127.0.0.1:8200', token: … }",
      cause,
    });
  let value: unknown;
  try {
    value = parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw broken(messageOf(cause), cause);
  }
  const read = Schema.safeParse(value ?? {});
  if (!read.success) throw broken(z.prettifyError(read.error), read.error);
  const { stores, ...rest } = read.data;
  const folder = dirname(resolve(file));
  const own: Partial<Record<keyof NonNullable<Read["stores"]>, OwnStore>> = {};
  for (const cloud of ["aws", "azure", "gcp"] as const) {
    const store = stores?.[cloud];
    if (store === undefined) continue;
    if (rest.clouds?.[cloud] !== undefined)
      throw broken(`stores.${cloud} and clouds.${cloud} are two stores of one name: give one of them`);
    const examples = await textOf(join(layoutOf().root, "examples", cloud));
    const unknown = Object.keys(store.names).find((name) => !examples.includes(name));
    if (unknown !== undefined)
      throw broken(`stores.${cloud}.names: "${unknown}" is no name of anything in examples/${cloud}`);
    own[cloud] = { ...store, folder };
  }
  return { ...rest, images: { ...APP_IMAGES, ...rest.images }, ...(stores !== undefined && { stores: own }) };
}

/** All files of a folder as one text. */
async function textOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
  return texts.join("\n");
}
