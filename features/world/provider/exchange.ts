import type { MountRequest, MountResponse, VersionResponse } from "../../../wire/gen/provider_pb.ts";
import { codeName, type GrpcExchange } from "../../../wire/grpc/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { outcomeOfResponse, shownFile } from "./outcome.ts";

/** Puts one call to the provider into the journal: values as digests, attributes as they are. */
export function recordExchange(world: MountproofWorld, exchange: GrpcExchange): void {
  const { method, service, code, details, tookMs } = exchange;
  world.journal.begin({ seam: "provider", server: world.pass.subject.id, operation: `/${service}/${method}` })(
    codeName(code),
    {
      tookMs: Math.round(tookMs * 10) / 10,
      ...(method === "Mount" && { request: shownRequest(world, exchange.request as MountRequest) }),
      ...(details !== "" && { message: details }),
      ...(exchange.response !== undefined && { response: shownResponse(world, method, exchange.response) }),
    },
  );
}

function shownRequest(world: MountproofWorld, request: MountRequest): Record<string, unknown> {
  const { attributes, secrets, permission, currentObjectVersion } = request;
  return {
    attributes: shownAttributes(world, attributes),
    secrets: secrets === "null" || secrets === "{}" ? secrets : world.run.digester.digest(secrets),
    permission,
    ...(currentObjectVersion.length > 0 && {
      current_object_version: currentObjectVersion.map(({ id, version }) => `${id} = ${version}`),
    }),
  };
}

function shownResponse(world: MountproofWorld, method: string, response: object): Record<string, unknown> {
  if (method === "Version") {
    const { version, runtimeName, runtimeVersion } = response as VersionResponse;
    return { version, runtime_name: runtimeName, runtime_version: runtimeVersion };
  }
  const { error, files, objectVersion } = response as MountResponse;
  return {
    ...(error !== undefined && { error: { code: error.code } }),
    files: outcomeOfResponse(response as MountResponse).files.map((file) => shownFile(file, world.run.digester)),
    object_version: objectVersion.map(({ id, version }) => `${id} = ${version}`),
    ...(files.length === 0 && objectVersion.length === 0 && { note: "the response is empty" }),
  };
}

/** Attributes are no secrets, but for the tokens that a driver puts among them. */
function shownAttributes(world: MountproofWorld, attributes: string): unknown {
  try {
    const parsed: unknown = JSON.parse(attributes);
    if (typeof parsed !== "object" || parsed === null) return attributes;
    return Object.fromEntries(
      Object.entries(parsed).map(([key, value]) => [
        key,
        /token|secret.*key|password/i.test(key) ? world.run.digester.digest(String(value)) : value,
      ]),
    );
  } catch {
    return attributes;
  }
}
