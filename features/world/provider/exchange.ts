import { messageOf } from "../../../core/index.ts";
import {
  CSIDriverProvider,
  type MountRequest,
  type MountResponse,
  type VersionResponse,
} from "../../../wire/gen/provider_pb.ts";
import { GrpcError } from "../../../wire/grpc/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { outcomeOfResponse, shownFile } from "./outcome.ts";

/**
 * Runs one call to the provider and puts it into the journal: values as digests, attributes as they are.
 */
export async function recorded<T extends object>(
  world: MountproofWorld,
  method: "Version" | "Mount",
  request: object,
  call: () => Promise<T>,
): Promise<T> {
  const operation = `/${CSIDriverProvider.typeName}/${method}`;
  const end = world.journal.begin({ seam: "provider", server: world.pass.subject.id, operation });
  const asked = method === "Mount" ? { request: shownRequest(world, request as MountRequest) } : {};
  try {
    const response = await call();
    end("OK", { ...asked, response: shownResponse(world, method, response) });
    return response;
  } catch (error) {
    const status = error instanceof GrpcError ? error.codeName : "no answer";
    end(status, { ...asked, message: error instanceof GrpcError ? error.details : messageOf(error) });
    throw error;
  }
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
