import { create } from "@bufbuild/protobuf";
import { parse } from "yaml";
import type { Random } from "../../../core/index.ts";
import {
  ParameterFormat,
  ParameterManager,
  ParameterSchema,
  type ParameterVersion,
  View,
} from "../../../wire/gen/google_parametermanager_pb.ts";
import { SecretVersion_State } from "../../../wire/gen/google_secretmanager_pb.ts";
import { type BoundService, type Handlers, type ServerCall, service } from "../../../wire/grpc/server.ts";
import { GrpcStatus } from "../../../wire/grpc/status.ts";
import { checkHost, type Gate } from "../access.ts";
import type { Policies } from "../iam/policies.ts";
import { parameterPrincipal } from "../iam/principal.ts";
import { pageOf } from "../pages.ts";
import { type Projects, parentOf, parseName } from "../projects.ts";
import type { SecretStore } from "../secrets/store.ts";
import { STATE_NAMES } from "../secrets/store.ts";
import { invalid, notFound, permissionDenied, precondition, refusal, unimplemented } from "../status.ts";
import { renderParameter } from "./render.ts";
import {
  type ParameterStore,
  parameterMessage,
  parameterVersionMessage,
  type StoredParameter,
  type StoredParameterVersion,
} from "./store.ts";

const ID = /^[A-Za-z0-9_-]{1,63}$/;
const MAX_PAYLOAD = 1024 * 1024;
const SERVICE = "parametermanager.googleapis.com";

export type ParameterParts = {
  readonly store: ParameterStore;
  readonly secrets: SecretStore;
  readonly projects: Projects;
  readonly policies: Policies;
  readonly gate: Gate;
  readonly random: Random;
};

/** google.cloud.parametermanager.v1, whole. */
export function parameterManager(parts: ParameterParts): BoundService {
  const { store, projects, gate, random } = parts;

  const demand = (call: ServerCall, permission: string, projectId: string, name: string, type: string): void =>
    gate.demand(call, {
      permission,
      policiesOf: [`projects/${projectId}`],
      resource: { name, type, service: SERVICE },
    });

  const parentFor = (name: string, permission: string, call: ServerCall): string => {
    const { project, location } = parseName(name);
    if (location === undefined) throw invalid(`The parent ${JSON.stringify(name)} names no location.`);
    checkHost(call, location);
    const found = projects.get(project, permission);
    demand(call, permission, found.id, `${name}`, "cloudresourcemanager.googleapis.com/Project");
    return parentOf(found, location);
  };

  const parameterFor = (name: string, permission: string, call: ServerCall, given = name): StoredParameter => {
    const { project, location, ids } = parseName(name, "parameters");
    checkHost(call, location);
    const found = projects.get(project, permission);
    demand(call, permission, found.id, given, `${SERVICE}/Parameter`);
    return store.get(`${parentOf(found, location)}/parameters/${ids["parameters"]}`);
  };

  const versionFor = (name: string, permission: string, call: ServerCall) => {
    const match = /^(.*)\/versions\/([^/]+)$/.exec(name);
    if (match === null) throw invalid(`The provided resource name ${JSON.stringify(name)} names no version.`);
    const [, parameterName = "", id = ""] = match;
    const parameter = parameterFor(parameterName, permission, call, name);
    const version = parameter.versions.get(id);
    if (version === undefined) throw notFound(`Resource '${parameter.name}/versions/${id}' was not found`);
    return { parameter, version };
  };

  const handlers: Handlers<typeof ParameterManager> = {
    listParameters: (request, call) => {
      const all = store.below(parentFor(request.parent, "parametermanager.parameters.list", call));
      const { items, next } = pageOf(all, request);
      return { parameters: items.map(parameterMessage), nextPageToken: next };
    },
    getParameter: (request, call) =>
      parameterMessage(parameterFor(request.name, "parametermanager.parameters.get", call)),
    createParameter: (request, call) => {
      const parent = parentFor(request.parent, "parametermanager.parameters.create", call);
      checkId(request.parameterId);
      const asked = request.parameter ?? create(ParameterSchema);
      if (asked.kmsKey !== undefined) throw unimplemented("Encryption with one's own key");
      const format = asked.format || ParameterFormat.UNFORMATTED;
      const message = create(ParameterSchema, { labels: asked.labels, format });
      return parameterMessage(store.add(`${parent}/parameters/${request.parameterId}`, random.uuid(), message));
    },
    updateParameter: (request, call) => {
      const asked = request.parameter;
      if (asked === undefined) throw invalid("Missing parameter");
      const stored = parameterFor(asked.name, "parametermanager.parameters.update", call);
      for (const path of request.updateMask?.paths ?? ["labels"])
        if (path === "labels") stored.message = create(ParameterSchema, { ...stored.message, labels: asked.labels });
        else throw unimplemented(`An update of ${JSON.stringify(path)}`);
      stored.updatedMs = store.nowMs();
      return parameterMessage(stored);
    },
    deleteParameter: (request, call) => {
      const stored = parameterFor(request.name, "parametermanager.parameters.delete", call);
      if (stored.versions.size > 0)
        throw precondition(`Resource '${stored.name}' has nested resources. Delete its versions first.`);
      store.delete(stored.name);
      return {};
    },
    listParameterVersions: (request, call) => {
      const stored = parameterFor(request.parent, "parametermanager.parameterVersions.list", call);
      const { items, next } = pageOf([...stored.versions.values()], request);
      return {
        parameterVersions: items.map((one) => parameterVersionMessage(stored, one, false)),
        nextPageToken: next,
      };
    },
    getParameterVersion: (request, call) => {
      const { parameter, version } = versionFor(request.name, "parametermanager.parameterVersions.get", call);
      return parameterVersionMessage(parameter, version, request.view !== View.BASIC);
    },
    renderParameterVersion: (request, call) => {
      const { parameter, version } = versionFor(request.name, "parametermanager.parameterVersions.render", call);
      const name = `${parameter.name}/versions/${version.id}`;
      if (version.disabled) throw precondition(`Parameter Version '${name}' is disabled.`);
      return {
        parameterVersion: name,
        payload: { data: version.data },
        renderedPayload: renderParameter(version.data, formatOf(parameter), (secret) =>
          readAs(parameter, secret, parts),
        ),
      };
    },
    createParameterVersion: (request, call) => {
      const parameter = parameterFor(request.parent, "parametermanager.parameterVersions.create", call);
      return parameterVersionMessage(
        parameter,
        addParameterVersion(store, parameter, request.parameterVersionId, request.parameterVersion),
        true,
      );
    },
    updateParameterVersion: (request, call) => {
      const asked = request.parameterVersion;
      if (asked === undefined) throw invalid("Missing parameter_version");
      const { parameter, version } = versionFor(asked.name, "parametermanager.parameterVersions.update", call);
      for (const path of request.updateMask?.paths ?? ["disabled"])
        if (path === "disabled") version.disabled = asked.disabled;
        else throw unimplemented(`An update of ${JSON.stringify(path)}`);
      version.updatedMs = store.nowMs();
      return parameterVersionMessage(parameter, version, true);
    },
    deleteParameterVersion: (request, call) => {
      const { parameter, version } = versionFor(request.name, "parametermanager.parameterVersions.delete", call);
      parameter.versions.delete(version.id);
      return {};
    },
  };
  return service(ParameterManager, handlers);
}

/** @throws GrpcError INVALID_ARGUMENT for a payload that is none of the parameter's format, ALREADY_EXISTS */
export function addParameterVersion(
  store: ParameterStore,
  parameter: StoredParameter,
  id: string,
  asked: ParameterVersion | undefined,
): StoredParameterVersion {
  checkId(id);
  if (parameter.versions.has(id))
    throw refusal(GrpcStatus.ALREADY_EXISTS, `Resource '${parameter.name}/versions/${id}' already exists`);
  const data = asked?.payload?.data;
  if (data === undefined) throw invalid("Missing parameter_version.payload");
  if (data.length > MAX_PAYLOAD)
    throw invalid(`The payload is ${data.length} bytes; the limit is ${MAX_PAYLOAD} bytes.`);
  checkFormat(data, formatOf(parameter));
  const now = store.nowMs();
  const version = { id, createdMs: now, updatedMs: now, disabled: asked?.disabled ?? false, data };
  parameter.versions.set(id, version);
  return version;
}

/** A secret, read as the parameter itself may read it. */
function readAs(parameter: StoredParameter, name: string, { projects, policies, secrets }: ParameterParts): Uint8Array {
  const permission = "secretmanager.versions.access";
  const match = /^(.*)\/versions\/([^/]+)$/.exec(name);
  if (match === null) throw precondition(`The reference ${JSON.stringify(name)} names no secret version.`);
  const [, secretName = "", id = ""] = match;
  const { project, location, ids } = parseName(secretName, "secrets");
  const [, number = "", , at = "", , parameterId = ""] = parameter.name.split("/");
  const home = projects.find(project);
  const full = home === undefined ? "" : `${parentOf(home, location)}/secrets/${ids["secrets"]}`;
  const secret = secrets.find(full);
  const isAllowed = policies.allows(parameterPrincipal(number, at, parameter.uid, parameterId), {
    permission,
    policiesOf: [full, `projects/${home?.id}`],
    resource: {
      name: `${full}/versions/${id}`,
      type: "secretmanager.googleapis.com/SecretVersion",
      service: "secretmanager.googleapis.com",
    },
  });
  if (secret === undefined || !isAllowed) throw permissionDenied(permission, name);
  const version = secrets.version(secret, id);
  if (version.state !== SecretVersion_State.ENABLED)
    throw precondition(`Secret Version [${full}/versions/${version.id}] is in ${STATE_NAMES[version.state]} state.`);
  return version.data;
}

function formatOf({ message }: StoredParameter): "JSON" | "YAML" | "UNFORMATTED" {
  if (message.format === ParameterFormat.JSON) return "JSON";
  return message.format === ParameterFormat.YAML ? "YAML" : "UNFORMATTED";
}

function checkFormat(data: Uint8Array, format: "JSON" | "YAML" | "UNFORMATTED"): void {
  if (format === "UNFORMATTED") return;
  const text = Buffer.from(data).toString("utf8");
  try {
    if (format === "JSON") JSON.parse(text);
    else parse(text);
  } catch {
    throw invalid(`The payload is not valid ${format}.`);
  }
}

function checkId(id: string): void {
  if (!ID.test(id)) throw invalid(`The id ${JSON.stringify(id)} must match [a-zA-Z0-9_-]{1,63}.`);
}
