import type { KubeStatusError } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/types.ts";
import type { HttpExchange, HttpHandler, Journal } from "../../../net/index.ts";
import { type AuditContext, AuditTrail } from "./audit/audit.ts";
import { type Action, forbiddenRequest } from "./auth/attributes.ts";
import { impersonated } from "./auth/impersonation.ts";
import type { User } from "./auth/user.ts";
import type { Authority } from "./authority.ts";
import type { Schema } from "./crd/types.ts";
import { serveDiscovery } from "./discovery/discovery.ts";
import { apiVersionOf, type Kind, type Verb } from "./kinds/kind.ts";
import type { ApiRequest, RequestInfo } from "./pipeline.ts";
import { inFormOf } from "./read/answer-forms.ts";
import { admitsProtobuf } from "./read/negotiate.ts";
import { getObject, listObjects, sendObject } from "./read/read.ts";
import { watchObjects } from "./read/watch.ts";
import { refuse } from "./refuse.ts";
import { readObject } from "./requests/body.ts";
import { requestInfo } from "./requests/info.ts";
import { findStored, type ServerContext, timestamp } from "./server-context.ts";
import { methodNotAllowed, noSuchPath, notImplemented } from "./store/refusals.ts";
import { badRequest, notFoundObject } from "./validation/field-error.ts";
import { createObject } from "./write/create.ts";
import { deleteCollection, deleteObject } from "./write/delete.ts";
import { withOwner } from "./write/owned-answer.ts";
import { patchObject } from "./write/patch.ts";
import { updateObject } from "./write/update.ts";

export type HandlerOptions = {
  readonly server: ServerContext;
  readonly authority: Authority;
  readonly journal: Journal | undefined;
  readonly schemaOf: (kind: Kind) => Schema | undefined;
  /** Paths that anybody may read: health, and the issuer's documents where they are public. */
  readonly isPublic: (path: string) => boolean;
  /** Answers OpenAPI paths; false for any other. */
  readonly serveOpenApi: (exchange: HttpExchange) => Promise<boolean>;
  /** Told of every request, stage by stage; nobody when left out. */
  readonly audit: AuditContext | undefined;
  /** `host:port`, as legacy discovery tells it. */
  readonly address: () => string;
};

/** One request top to bottom: who, may they, what. Every refusal is a Status. */
export function apiHandler(options: HandlerOptions): HttpHandler {
  const { server, journal } = options;
  return async (asked) => {
    const exchange = await inFormOf(asked);
    if (/%(?![0-9a-f]{2})/i.test(exchange.rawPath)) {
      // Go's server reads no such address, and nothing of Kubernetes is asked.
      exchange.respond(400, { "content-type": "text/plain; charset=utf-8" }, "400 Bad Request");
      return;
    }
    const info = requestInfo(exchange);
    let caller = "";
    const end = journal?.begin({
      seam: "kube-api",
      server: "apiserver",
      operation: `${exchange.method} ${exchange.path}`,
    });
    const { response } = exchange.raw;
    const trail = auditOf(options, exchange, info);
    if (trail !== undefined) response.once("close", () => trail.complete(response.statusCode));
    // A watch is told when it begins, everything else when it is answered.
    const tell = (): void =>
      void end?.(String(response.statusCode), {
        caller,
        verb: info.verb,
        ...(info.isResource && {
          group: info.group,
          resource: info.resource,
          ...(info.subresource !== "" && { subresource: info.subresource }),
          namespace: info.namespace,
          name: info.name,
        }),
      });
    if (info.verb !== "watch") response.once("finish", tell);
    const warnings: string[] = [];
    try {
      if (admitsProtobuf(exchange.headers.accept)) await server.types.protobuf();
      const user = await userOf(options, exchange, trail);
      caller = user?.name ?? "";
      await answer(options, { exchange, info, warnings }, user, trail);
      if (info.verb === "watch") {
        trail?.started(response.statusCode);
        tell();
      }
    } catch (error) {
      refuse(server, { exchange, warnings }, error, trail);
      if (info.verb === "watch") tell();
    }
  };
}

/** Begins a request's trail, and tells the client its id. */
function auditOf({ audit }: HandlerOptions, exchange: HttpExchange, info: RequestInfo): AuditTrail | undefined {
  if (audit === undefined) return undefined;
  const { headers, remoteAddress } = exchange;
  const trail = new AuditTrail(audit, { uri: exchange.raw.request.url ?? "", info, headers, remoteAddress });
  exchange.raw.response.setHeader("audit-id", trail.id);
  return trail;
}

/** Who sends a request; undefined on a public path without credentials. */
export async function userOf(
  options: Pick<HandlerOptions, "authority" | "isPublic">,
  exchange: Pick<HttpExchange, "path" | "headers" | "clientCertificate">,
  trail?: AuditTrail,
): Promise<User | undefined> {
  const { authority } = options;
  const { authorization } = exchange.headers;
  if (options.isPublic(exchange.path) && authorization === undefined && exchange.clientCertificate === undefined)
    return undefined;
  const sender = await authority.authenticator.authenticate({
    authorization,
    clientCertificate: exchange.clientCertificate,
  });
  trail?.identified(sender, sender);
  const user = impersonated(sender, exchange.headers, (who, action) => authority.authorize(who, action));
  trail?.identified(sender, user);
  return user;
}

async function answer(
  options: HandlerOptions,
  { exchange, info, warnings }: Omit<ApiRequest, "user">,
  user: User | undefined,
  trail: AuditTrail | undefined,
): Promise<void> {
  const { server, authority } = options;
  const who = user ?? { name: "system:anonymous", groups: [] };
  if (user !== undefined) {
    const action = actionOf(info, exchange);
    const decision = authority.authorize(user, action);
    trail?.decided(decision);
    if (!decision.allowed) throw forbiddenRequest(user, action, decision.reason);
  }
  const request: ApiRequest = { exchange, info, user: who, warnings };
  if (info.isResource) return await serveResource(options, request);
  const handler = server.extensions.paths.get(exchange.path);
  if (handler !== undefined) {
    if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
    return await handler(request);
  }
  if (
    (exchange.method === "GET" || exchange.method === "HEAD") &&
    serveDiscovery(exchange, server.registry, options.address())
  )
    return;
  if (await options.serveOpenApi(exchange)) return;
  // What is no version below /api is refused by that API, what is nowhere by nobody.
  if (exchange.path.startsWith("/api/")) throw noSuchPath();
  exchange.respond(404, { "content-type": "text/plain; charset=utf-8" }, "404 page not found\n");
}

function actionOf(info: RequestInfo, exchange: HttpExchange): Action {
  if (!info.isResource) return { kind: "path", verb: info.verb, path: exchange.path };
  const { verb, group, resource, subresource, namespace, name } = info;
  return { kind: "resource", verb, group, resource, subresource, namespace, name };
}

async function serveResource(options: HandlerOptions, request: ApiRequest): Promise<void> {
  const { server } = options;
  const { info, exchange } = request;
  const kind = server.registry.find(info.group, info.version, info.resource);
  if (kind === undefined) {
    if (info.group !== "" && !server.registry.all().some(({ group }) => group === info.group)) {
      exchange.respond(404, { "content-type": "text/plain; charset=utf-8" }, "404 page not found\n");
      return;
    }
    throw noSuchPath();
  }
  if (kind.deprecation !== undefined) request.warnings.push(kind.deprecation);
  if (info.subresource !== "") return await serveSubresource(options, request, kind);
  const review = server.extensions.reviews.get(`${kind.group}/${kind.plural}`);
  if (review !== undefined) {
    if (info.verb !== "create") throw methodNotAllowed();
    const object = await readObject(exchange, kind, server.extensions);
    const answer = withOwner(
      timestamp(server.clock),
      request,
      await server.types.of(kind, undefined),
      kind,
      object,
      await review(request, object),
    );
    return sendObject(server, request, kind, 201, answer);
  }
  const schema = options.schemaOf(kind);
  if (kind.isAnnounced === true && ["create", "update", "patch"].includes(info.verb))
    throw notImplemented(`${kind.kind} of ${apiVersionOf(kind)}`);
  if (!kind.verbs.includes(info.verb as Verb)) throw methodNotAllowed();
  const needsName = info.verb === "update" || info.verb === "patch";
  const isCollection = nameInPath(exchange, info) === "";
  if ((needsName && isCollection) || (info.verb === "create" && !isCollection)) throw methodNotAllowed();
  // A namespaced collection over all namespaces can be read and not written.
  if (
    kind.namespaced &&
    info.namespace === "" &&
    (needsName || info.verb === "deletecollection" || info.verb === "delete")
  )
    throw methodNotAllowed();
  if (!isCollection && info.verb !== "list" && info.verb !== "watch") assertPathSegment(info.name);
  switch (info.verb) {
    case "get":
      return getObject(server, request, kind);
    case "list":
      return await listObjects(server, request, kind);
    case "watch":
      return watchObjects(server, request, kind);
    case "create":
      if (kind.namespaced && info.namespace === "") throw methodNotAllowed();
      return await createObject(server, request, kind, schema);
    case "update":
      return await updateObject(server, request, kind, schema);
    case "patch":
      return await patchObject(server, request, kind, schema);
    case "delete":
      return await deleteObject(server, request, kind);
    case "deletecollection":
      return await deleteCollection(server, request, kind);
    default:
      throw methodNotAllowed();
  }
}

/** RequestInfo takes a name from a field selector too; the path alone says whether one object is meant. */
function nameInPath(exchange: HttpExchange, info: RequestInfo): string {
  const last =
    exchange.path
      .split("/")
      .filter((part) => part !== "")
      .at(-1) ?? "";
  return info.name !== "" && last === info.name ? info.name : "";
}

async function serveSubresource(options: HandlerOptions, request: ApiRequest, kind: Kind): Promise<void> {
  const { server } = options;
  const { info, exchange } = request;
  const subresource = kind.subresources.find(({ name }) => name === info.subresource);
  const custom = server.extensions.subresourceCreates.get(`${kind.group}/${kind.plural}/${info.subresource}`);
  const direct = server.extensions.subresources.get(`${kind.group}/${kind.plural}/${info.subresource}`);
  if (direct !== undefined) return await direct(request, requireParent(server, request, kind));
  if (subresource === undefined) throw noSuchPath();
  if (STREAMED.has(`${kind.group}/${kind.plural}/${info.subresource}`)) throw notAnUpgrade(info.subresource);
  if (!subresource.verbs.includes(info.verb as Verb)) throw methodNotAllowed();
  if (info.verb === "get") return getObject(server, request, kind);
  if (info.verb === "update") return await updateObject(server, request, kind, options.schemaOf(kind));
  if (info.verb === "patch") return await patchObject(server, request, kind, options.schemaOf(kind));
  if (custom === undefined) throw methodNotAllowed();
  const parent = requireParent(server, request, kind);
  const body = await readObject(
    exchange,
    {
      group: subresource.group ?? kind.group,
      version: subresource.version ?? kind.version,
      kind: subresource.kind ?? kind.kind,
    },
    server.extensions,
  );
  const made = await custom(request, parent, body);
  const own = { ...kind, group: subresource.group ?? kind.group, kind: subresource.kind ?? kind.kind };
  sendObject(
    server,
    request,
    kind,
    201,
    withOwner(timestamp(server.clock), request, await server.types.of(own, undefined), own, body, made),
  );
}

/** These answer upgrades alone, where there are kubelets to ask. */
const STREAMED = new Set(["/pods/attach", "/pods/exec", "/pods/log", "/pods/portforward"]);

function notAnUpgrade(subresource: string): KubeStatusError {
  if (subresource === "log") return notImplemented("a cluster without kubelets has no logs: pods/log");
  return badRequest("Upgrade request required");
}

function requireParent(server: ServerContext, { info }: ApiRequest, kind: Kind): KubeObject {
  const parent = findStored(server, kind, info.namespace, info.name);
  if (parent === undefined) throw notFoundObject(kind.group, kind.plural, info.name);
  return parent;
}

/** A name that would leave its place in the path of the store (k8s.io/apimachinery, IsValidPathSegmentName). */
function assertPathSegment(name: string): void {
  const sign = ["/", "%"].find((one) => name.includes(one));
  const why =
    name === "." || name === ".."
      ? `may not be '${name}'`
      : sign === undefined
        ? undefined
        : `may not contain '${sign}'`;
  if (why !== undefined) throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${why}`);
}
