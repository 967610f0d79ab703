import type { Clock, Log, Random } from "../../../core/index.ts";
import { AuditBroker } from "../audit/broker.ts";
import type { Dialect } from "../dialect.ts";
import { engineCatalogue } from "../engines/catalogue.ts";
import { Entities } from "../identity/entities.ts";
import { LeaseStore } from "../tokens/leases.ts";
import { TokenStore } from "../tokens/token-store.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { Mounter } from "./mounting.ts";
import { Namespaces } from "./namespaces.ts";
import { Quotas } from "./quotas.ts";
import { SealState } from "./seal.ts";
import type { VaultState } from "./state.ts";

export type AssembleSpec = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dialect: Dialect;
  readonly cluster: ClusterAccess;
  /** The id of the first root token; drawn when left out. */
  readonly rootToken?: string;
  /** As a server in dev mode has: KV version 2 at `secret/`. */
  readonly devMounts: boolean;
};

/** A server's state, initialised and unsealed, with its first root token. No socket yet. */
export function assemble(spec: AssembleSpec): { readonly state: VaultState; readonly rootToken: string } {
  const { clock, random, log, dialect } = spec;
  const tokens = new TokenStore(clock, random);
  const leases = new LeaseStore(clock, random, log);
  tokens.onRevoked = (token) => {
    for (const id of [...token.leases]) leases.revokeSoon(id);
  };
  const state: VaultState = {
    clock,
    random,
    log,
    dialect,
    seal: new SealState(random),
    namespaces: new Namespaces(random),
    tokens,
    leases,
    entities: new Entities(random),
    quotas: new Quotas(clock),
    audit: new AuditBroker(clock),
  };
  const mounter: Mounter = new Mounter(
    state,
    spec.cluster,
    engineCatalogue(state, () => mounter),
  );
  const { root } = state.namespaces;
  mounter.mountBuiltIns(root);
  if (spec.devMounts)
    mounter.mount(root, {
      path: "secret/",
      type: "kv",
      description: "key/value secret storage",
      options: { version: "2" },
    });
  const token = tokens.create({
    ...(spec.rootToken === undefined ? {} : { id: spec.rootToken }),
    policies: ["root"],
    // A dev server that is told its root token makes it with the first one, which it then revokes.
    ...(spec.rootToken === undefined
      ? { path: "auth/token/root", displayName: "root" }
      : { path: "auth/token/create", displayName: "token" }),
    namespace: root,
    ttl: 0,
  });
  return { state, rootToken: token.id };
}
