import { parse, stringify } from "yaml";
import { messageOf } from "../../core/index.ts";
import type { Mounted, MountedFile, MountRequest, ObjectVersion } from "../../providers/kit/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import type { ProviderSpoiler } from "./spoil.ts";

const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";
const POD = "csi.storage.k8s.io/pod.name";

/** What a provider of any store can get wrong. Which case notices differs by store: see `breaks.ts`. */
export const PROVIDER_SPOILERS: readonly ProviderSpoiler[] = [
  {
    id: "everybody-reads",
    title: "gives every file the mode 0777",
    mount: files((file) => ({ ...file, mode: 0o777 })),
  },
  {
    id: "one-mode",
    title: "gives every file the request's mode, whatever its object asks for",
    mount: async (request, ask) => {
      const answer = await ask(request);
      return { ...answer, files: answer.files.map((file) => ({ ...file, mode: Number(request.permission) })) };
    },
  },
  {
    id: "damages-bytes",
    title: "passes contents through a text",
    mount: files((file) => ({ ...file, contents: Buffer.from(Buffer.from(file.contents).toString("utf8")) })),
  },
  {
    id: "flattens-paths",
    title: "puts every file at the top of the volume",
    mount: files((file) => ({ ...file, path: file.path.slice(file.path.lastIndexOf("/") + 1) })),
  },
  {
    id: "loses-the-last-file",
    title: "leaves out the last of several files",
    mount: answered((answer) => ({ ...answer, files: withoutLast(answer.files) })),
  },
  {
    id: "loses-a-version",
    title: "leaves out the version of the last of several objects",
    mount: answered((answer) => ({ ...answer, versions: withoutLast(answer.versions) })),
  },
  {
    id: "one-version",
    title: "tells the same version of every content",
    mount: versions((one) => ({ ...one, version: "1" })),
  },
  { id: "nameless-versions", title: "tells versions of nothing", mount: versions((one) => ({ ...one, id: "" })) },
  {
    id: "swallows-refusals",
    title: "mounts an empty file where the store refuses",
    mount: async (request, ask) =>
      await ask(request).catch((error: unknown) => {
        if (!/denied|forbidden|not authorized|403/i.test(messageOf(error))) throw error;
        return { files: [{ path: "refused", mode: 0o644, contents: Buffer.alloc(0) }], versions: [VERSION] };
      }),
  },
  {
    id: "swallows-absence",
    title: "mounts nothing where the store has no such object",
    mount: async (request, ask) =>
      await ask(request).catch((error: unknown) => {
        if (!/not ?found|no secret exists|can't find|404|invalid parameters/i.test(messageOf(error))) throw error;
        return { files: [], versions: [VERSION] };
      }),
  },
  {
    id: "mounts-a-part",
    title: "mounts what there is of several objects of which one fails",
    mount: async (request, ask) => await askLess(request, ask),
  },
  {
    id: "tells-secrets",
    title: "tells in a refusal what the other objects hold",
    mount: async (request, ask) => {
      try {
        return await ask(request);
      } catch (error) {
        const less = withoutLastObject(request);
        const others = less === undefined ? undefined : await askLess(less, ask).catch(() => undefined);
        const texts = others?.files.map(({ contents }) => Buffer.from(contents).toString("utf8")) ?? [];
        throw texts.length === 0 ? error : withMessage(error, `${detailsOf(error)} (the others: ${texts.join(", ")})`);
      }
    },
  },
  {
    id: "another-pods-tokens",
    title: "keeps the tokens of the first pod that it serves",
    mount: async (request, ask, memory) => {
      const attributes = attributesOf(request);
      if (!memory.has("tokens")) memory.set("tokens", attributes[TOKENS]);
      const kept = memory.get("tokens") as string | undefined;
      const { [TOKENS]: _own, ...rest } = attributes;
      return await ask(withAttributes(request, kept === undefined ? rest : { ...rest, [TOKENS]: kept }));
    },
  },
  {
    id: "another-pods-answer",
    title: "gives every pod what the first one got",
    mount: async (request, ask, memory) => {
      const { [TOKENS]: _tokens, [POD]: _pod, ...what } = attributesOf(request);
      const key = JSON.stringify(what);
      const known = memory.get(key) as Mounted | undefined;
      if (known !== undefined) return known;
      const answer = await ask(request);
      memory.set(key, answer);
      return answer;
    },
  },
  {
    id: "reads-twice",
    title: "asks the store for everything twice",
    mount: async (request, ask) => {
      await ask(request);
      return await ask(request);
    },
  },
  {
    id: "forgets-what-is-held",
    title: "does not look at the versions that the driver holds",
    mount: async (request, ask) => await ask({ ...request, currentVersions: new Map() }),
  },
  {
    id: "takes-any-permission",
    title: "mounts with 0644 where the permission cannot be read",
    mount: async (request, ask) =>
      await ask(/^\d+$/.test(request.permission) ? request : { ...request, permission: "420" }),
  },
  {
    id: "takes-any-attributes",
    title: "takes attributes that cannot be read for a class without objects",
    mount: async (request, ask) => {
      try {
        JSON.parse(request.attributes);
      } catch {
        return { files: [], versions: [VERSION] };
      }
      return await ask(request);
    },
  },
];

const VERSION: ObjectVersion = { id: "none", version: "1" };

function answered(change: (answer: Mounted) => Mounted): ProviderSpoiler["mount"] {
  return async (request, ask) => change(await ask(request));
}

function files(change: (file: MountedFile) => MountedFile): ProviderSpoiler["mount"] {
  return answered((answer) => ({ ...answer, files: answer.files.map(change) }));
}

function versions(change: (version: ObjectVersion) => ObjectVersion): ProviderSpoiler["mount"] {
  return answered((answer) => ({ ...answer, versions: answer.versions.map(change) }));
}

function detailsOf(error: unknown): string {
  return error instanceof GrpcError ? error.details : messageOf(error);
}

/** The same refusal in other words. */
function withMessage(error: unknown, message: string): GrpcError {
  return new GrpcError(error instanceof GrpcError ? error.code : GrpcStatus.UNKNOWN, message);
}

function withoutLast<T>(list: readonly T[]): readonly T[] {
  return list.length > 1 ? list.slice(0, -1) : list;
}

function attributesOf({ attributes }: MountRequest): Readonly<Record<string, string>> {
  try {
    return JSON.parse(attributes) as Record<string, string>;
  } catch {
    return {};
  }
}

function withAttributes(request: MountRequest, attributes: Readonly<Record<string, string>>): MountRequest {
  return Object.keys(attributes).length === 0 ? request : { ...request, attributes: JSON.stringify(attributes) };
}

/** Asks for one object less after each refusal, as long as there are two. */
async function askLess(request: MountRequest, ask: (request: MountRequest) => Promise<Mounted>): Promise<Mounted> {
  try {
    return await ask(request);
  } catch (error) {
    const less = withoutLastObject(request);
    if (less === undefined) throw error;
    return await askLess(less, ask);
  }
}

/** The stores' classes list objects as YAML: under `objects`, at Azure below `array`, at Google under `secrets`. */
function withoutLastObject(request: MountRequest): MountRequest | undefined {
  const attributes = attributesOf(request);
  for (const name of ["objects", "secrets"]) {
    const listed = listOf(attributes[name]);
    if (listed === undefined || listed.length < 2) continue;
    const rest = listed.slice(0, -1);
    const isNested = !Array.isArray(parse(attributes[name] ?? ""));
    const text = stringify(isNested ? { array: rest } : rest);
    return withAttributes(request, { ...attributes, [name]: text });
  }
  return undefined;
}

function listOf(text: string | undefined): unknown[] | undefined {
  try {
    const value = parse(text ?? "") as unknown;
    if (Array.isArray(value)) return value;
    const { array } = (value ?? {}) as { array?: unknown };
    return Array.isArray(array) ? array : undefined;
  } catch {
    return undefined;
  }
}
