import type { Clock } from "../../core/index.ts";
import type { ServerCall } from "../../wire/grpc/server.ts";
import type { Access, Policies } from "./iam/policies.ts";
import type { Principal } from "./iam/principal.ts";
import type { Tokens } from "./identity/tokens.ts";
import { invalid, permissionDenied } from "./status.ts";

/** Who calls, and whether they may: asked by every method of every service. */
export class Gate {
  readonly #tokens: Tokens;
  readonly #policies: Policies;
  readonly clock: Clock;
  readonly #callers = new WeakMap<ServerCall, Principal>();

  constructor(clock: Clock, tokens: Tokens, policies: Policies) {
    this.clock = clock;
    this.#tokens = tokens;
    this.#policies = policies;
  }

  /** @throws GrpcError UNAUTHENTICATED */
  caller(call: ServerCall): Principal {
    const known = this.#callers.get(call);
    if (known !== undefined) return known;
    const principal = this.#tokens.principalOf(call.metadata.get("authorization"));
    this.#callers.set(call, principal);
    return principal;
  }

  /** Who called, once it is known: for the journal. */
  callerSeen(call: ServerCall): string | undefined {
    return this.#callers.get(call)?.name;
  }

  allows(call: ServerCall, access: Access): boolean {
    return this.#policies.allows(this.caller(call), access);
  }

  /** @throws GrpcError UNAUTHENTICATED, PERMISSION_DENIED */
  demand(call: ServerCall, access: Access): void {
    if (!this.allows(call, access)) throw permissionDenied(access.permission, access.resource.name);
  }
}

/** Hosts of a service: the global one, and one for each region. */
const REGIONAL = /^(?:secretmanager|parametermanager)\.([^.]+)\.rep\.googleapis\.com(?::\d+)?$/;
const GLOBAL = /^(?:secretmanager|parametermanager)\.googleapis\.com(?::\d+)?$/;

/**
 * A regional resource is served by its region's host, and everything else by the global one. Under any other name, as
 * when the stand-in runs alone, all are served.
 * @throws GrpcError INVALID_ARGUMENT
 */
export function checkHost(call: ServerCall, location: string | undefined): void {
  const region = REGIONAL.exec(call.authority)?.[1];
  const here = region ?? (GLOBAL.test(call.authority) ? "global" : undefined);
  if (here === undefined || here === (location ?? "global")) return;
  throw invalid(
    `The resource is in location ${JSON.stringify(location ?? "global")}, which this endpoint (${JSON.stringify(here)}) does not serve.`,
  );
}
