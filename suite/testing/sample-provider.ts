import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { RealClock } from "../../core/index.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { GrpcError, GrpcStatus, rawReply, service, startGrpcServer } from "../../wire/grpc/index.ts";

/**
 * A small provider over a JSON file of values, for tests of the suite: `--socket PATH --store FILE`, and with
 * `--defect NAME` it errs in one way. Not published.
 */
const { values } = parseArgs({
  options: { socket: { type: "string" }, store: { type: "string" }, defect: { type: "string", default: "" } },
});
const { defect } = values;
const is = (name: string): boolean => defect === name;

type Store = Record<string, string>;
const stored = (): Store => JSON.parse(readFileSync(values.store ?? "", "utf8")) as Store;
const frozen = is("never-rotates") ? stored() : undefined;
let served = 0;

function attributesOf(text: string): Record<string, string> {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch (cause) {
    if (is("swallows-bad-attributes")) return { objects: "password" };
    throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, "attributes are not JSON", { cause });
  }
}

function versionOf(value: string): string {
  if (is("constant-version")) return "1";
  return `v${[...value].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % 1_000_003, 7)}`;
}

if (is("exits")) {
  console.error("cannot open the vault: no such host");
  process.exit(3);
}
if (is("silent")) await new RealClock().sleep(3_600_000);
else
  await startGrpcServer({
    clock: new RealClock(),
    name: "sample",
    listen: { path: values.socket ?? "" },
    services: [
      service(CSIDriverProvider, {
        version: () => ({
          version: "v1alpha1",
          runtimeName: is("nameless") ? "" : "sample",
          runtimeVersion: is("nameless") ? "" : "1.0.0",
        }),
        mount: async (request) => {
          served++;
          const attributes = attributesOf(request.attributes);
          if (is("dies") && served > 1) process.exit(9);
          if (is("hangs")) await new Promise(() => {});
          if (is("garbage")) return rawReply(new Uint8Array([0xff, 0xff, 0xff]));
          if (is("refuses-empty-secrets") && request.secrets === "{}")
            throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, "no credentials");
          if (is("strict-attributes") && "somethingElse" in attributes)
            throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, "unknown attribute");
          if (is("partial-when-current") && request.currentObjectVersion.length > 0)
            return { objectVersion: [{ id: "password", version: "x" }] };
          const store = frozen ?? stored();
          const names = (attributes["objects"] ?? "").split(",").filter((name) => name !== "");
          const absent = names.find((name) => store[name] === undefined);
          if (absent !== undefined && !is("partial-on-missing"))
            throw new GrpcError(
              GrpcStatus.NOT_FOUND,
              is("leaks") ? `no "${absent}" among ${JSON.stringify(store)}` : `no object "${absent}"`,
            );
          const found = names.filter((name) => store[name] !== undefined);
          const mode = is("octal-permission") ? 0o420 : is("bad-mode") ? 0o1777 : is("mode-zero") ? 0 : 0o644;
          const contents = (name: string): Uint8Array =>
            new TextEncoder().encode(
              is("wrong-content")
                ? "wrong"
                : is("unstable")
                  ? `${store[name]}${served}`
                  : is("empty-files")
                    ? ""
                    : store[name],
            );
          if (is("prints-secrets")) for (const name of found) console.error(`read ${name}: ${store[name]}`);
          const files = is("no-files")
            ? []
            : found.map((name) => ({ path: is("bad-path") ? `../${name}` : name, mode, contents: contents(name) }));
          const objectVersion = is("no-versions")
            ? []
            : found.map((name) => ({ id: is("same-ids") ? "object" : name, version: versionOf(store[name] ?? "") }));
          return { files, objectVersion };
        },
      }),
    ],
  });
