import type { JsonObject } from "../../../../core/go/json.ts";
import type { EngineContext } from "../../core/engines.ts";
import type { Backend, PathSpec } from "../../framework/backend.ts";
import { refuse, unsupportedOperation } from "../../framework/errors.ts";
import type { Call, Result } from "../../framework/request.ts";
import { goDuration } from "../../values/duration.ts";
import { dataPath, type Kv2, subkeysPath } from "./data.ts";
import { metadataPath } from "./metadata.ts";
import { addVersion, newKey } from "./store.ts";

/**
 * KV version 2: versions, soft deletion, check-and-set, custom metadata.
 * @param contents what a version 1 held, which becomes the first version of each key
 */
export function kvVersion2(
  context: EngineContext,
  contents: Iterable<readonly [path: string, data: JsonObject]> = [],
): Backend {
  const kv: Kv2 = {
    keys: new Map(),
    config: { maxVersions: 0, casRequired: false, metadataCasRequired: false, deleteVersionAfter: 0 },
    context,
  };
  const now = context.clock.now();
  for (const [path, data] of contents) {
    const key = newKey(now);
    addVersion(key, data, kv.config, now);
    kv.keys.set(path, key);
  }
  return {
    type: "kv",
    paths: [
      dataPath(kv),
      metadataPath(kv),
      subkeysPath(kv),
      versionsPath(kv, /^delete\/(?<path>.*)$/s, "No version number provided", (version, now) => {
        if (!version.isDestroyed && version.deletedAt === undefined) version.deletedAt = now;
      }),
      versionsPath(kv, /^undelete\/(?<path>.*)$/s, "No version number provided", (version) => {
        if (!version.isDestroyed) version.deletedAt = undefined;
      }),
      versionsPath(kv, /^destroy\/(?<path>.*)$/s, "no version number provided", (version) => {
        version.isDestroyed = true;
        version.json = undefined;
      }),
      configPath(kv),
      wrongPath(context),
    ],
  };
}

type VersionChange = (
  version: { deletedAt: number | undefined; isDestroyed: boolean; json: string | undefined },
  now: number,
) => void;

/** `delete/`, `undelete/` and `destroy/`: change the versions that are listed. */
function versionsPath(kv: Kv2, pattern: RegExp, missing: string, change: VersionChange): PathSpec {
  return {
    pattern,
    fields: { versions: "commaStrings" },
    operations: {
      update: (call) => {
        const numbers = call.fields.list("versions").map(Number);
        if (numbers.length === 0) throw refuse(missing);
        const key = kv.keys.get(call.fields.string("path"));
        if (key === undefined) return undefined;
        const now = kv.context.clock.now();
        for (const number of numbers) {
          const version = key.versions.get(number);
          if (version !== undefined) change(version, now);
        }
        key.updatedAt = now;
        return undefined;
      },
    },
  };
}

function configPath({ config, context }: Kv2): PathSpec {
  const hasCas = context.dialect.hasCheckAndSetExtras;
  return {
    pattern: /^config$/,
    fields: {
      max_versions: "int",
      cas_required: "bool",
      delete_version_after: "seconds",
      ...(hasCas && { metadata_cas_required: "bool" as const }),
    },
    operations: {
      read: () => ({
        data: {
          cas_required: config.casRequired,
          delete_version_after: goDuration(Math.max(0, config.deleteVersionAfter)),
          max_versions: config.maxVersions,
          ...(hasCas && { metadata_cas_required: config.metadataCasRequired }),
        },
      }),
      update: ({ fields }) => {
        if (fields.has("max_versions")) config.maxVersions = fields.int("max_versions");
        if (fields.has("cas_required")) config.casRequired = fields.bool("cas_required");
        if (hasCas && fields.has("metadata_cas_required"))
          config.metadataCasRequired = fields.bool("metadata_cas_required");
        if (fields.has("delete_version_after")) config.deleteVersionAfter = fields.int("delete_version_after");
        return undefined;
      },
    },
  };
}

const CLI_VERB: Readonly<Record<string, string>> = {
  create: "put",
  update: "put",
  read: "get",
  list: "list",
  delete: "delete",
};

/** Any other path was meant for version 1: 404 with advice. */
function wrongPath({ dialect }: EngineContext): PathSpec {
  const advise = (call: Call): Result => {
    const verb = CLI_VERB[call.operation];
    if (verb === undefined) throw unsupportedOperation();
    return {
      warnings: [
        `Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the ${dialect.cliName} CLI, use '${dialect.cli} kv ${verb}' for this operation.`,
      ],
      status: 404,
    };
  };
  return {
    pattern: /^(?<path>.*)$/s,
    takesAnyInput: true,
    operations: { read: advise, update: advise, list: advise, delete: advise },
  };
}
