import { type Clock, type Random, type Scope, systemRandom } from "../../core/index.ts";
import type { Dialer } from "../../net/index.ts";
import { IssuerKeys } from "../kit/index.ts";
import { Gate } from "./access.ts";
import type { MachineMetadata } from "./http/metadata.ts";
import { Policies } from "./iam/policies.ts";
import { Roles } from "./iam/roles.ts";
import { Accounts } from "./identity/accounts.ts";
import { Pools } from "./identity/pools.ts";
import { Tokens } from "./identity/tokens.ts";
import { ParameterStore } from "./parameters/store.ts";
import { Projects } from "./projects.ts";
import { SecretStore } from "./secrets/store.ts";

/** All that a fake Google knows. */
export type GcpState = {
  readonly clock: Clock;
  readonly random: Random;
  readonly projects: Projects;
  readonly roles: Roles;
  readonly policies: Policies;
  readonly pools: Pools;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly keys: IssuerKeys;
  readonly gate: Gate;
  readonly secrets: SecretStore;
  readonly parameters: ParameterStore;
  machine: MachineMetadata;
};

export function createState(
  parts: { readonly clock: Clock; readonly random?: Random; readonly dialer?: Dialer; readonly issuerCaPem?: string },
  scope: Scope,
): GcpState {
  const { clock, random = systemRandom(), dialer, issuerCaPem } = parts;
  const roles = new Roles();
  const policies = new Policies(clock, roles);
  const tokens = new Tokens(clock, random);
  const gate = new Gate(clock, tokens, policies);
  return {
    clock,
    random,
    projects: new Projects(),
    roles,
    policies,
    pools: new Pools(),
    accounts: new Accounts({ clock, tokens, policies, gate }),
    tokens,
    keys: scope.use(
      new IssuerKeys({ clock, ...(dialer && { dialer }), ...(issuerCaPem !== undefined && { caPem: issuerCaPem }) }),
    ),
    gate,
    secrets: new SecretStore(clock),
    parameters: new ParameterStore(clock),
    machine: { attributes: {} },
  };
}
