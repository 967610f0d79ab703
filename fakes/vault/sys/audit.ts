import type { VaultState } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";

/** Devices of the real server; their lines are kept in memory, and a file's also written. */
const TYPES: ReadonlySet<string> = new Set(["file", "syslog", "socket"]);

/** `audit/…` and `audit-hash/…`. */
export function auditPaths({ audit }: VaultState): PathSpec[] {
  return [
    {
      pattern: /^audit$/,
      operations: {
        read: () => ({
          data: Object.fromEntries(
            audit.devices().map((device) => [
              device.path,
              {
                description: device.description,
                local: device.local,
                options: { ...device.options },
                path: device.path,
                type: device.type,
              },
            ]),
          ),
        }),
      },
    },
    {
      pattern: /^audit\/(?<path>.+?)\/?$/,
      fields: { type: "string", description: "string", local: "bool", options: "kvPairs" },
      operations: {
        update: (call) => enable(call),
        delete: ({ fields }) => {
          audit.disable(`${fields.string("path")}/`);
          return undefined;
        },
      },
    },
    {
      pattern: /^audit-hash\/(?<path>.+?)\/?$/,
      fields: { input: "string" },
      operations: {
        update: ({ fields }) => {
          const input = fields.string("input");
          if (input === "") throw refuse('the "input" parameter is empty');
          const device = audit.get(`${fields.string("path")}/`);
          if (device === undefined) throw refuse(`unknown audit backend ${JSON.stringify(fields.string("path"))}`);
          return { data: { hash: audit.hash(device, input) } };
        },
      },
    },
  ];

  function enable({ fields }: Call): Result {
    const path = `${fields.string("path")}/`;
    const type = fields.string("type");
    const options = fields.pairs("options");
    if (!TYPES.has(type)) throw refuse(`unknown backend type: ${JSON.stringify(type)}`);
    if (audit.get(path) !== undefined) throw refuse("path already in use");
    if (type === "file" && (options["file_path"] ?? options["path"] ?? "") === "")
      throw refuse("file_path is required");
    audit.enable({ path, type, description: fields.string("description"), local: fields.bool("local"), options });
    return undefined;
  }
}
