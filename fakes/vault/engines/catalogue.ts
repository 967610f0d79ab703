import { jwtAuth } from "../auth/jwt/index.ts";
import { kubernetesAuth } from "../auth/kubernetes/index.ts";
import type { EngineCatalogue, Mounter } from "../core/mounting.ts";
import type { VaultState } from "../core/state.ts";
import { identityBackend } from "../identity/paths.ts";
import { systemBackend } from "../sys/index.ts";
import { tokenBackend } from "../tokens/paths.ts";
import { cubbyhole } from "./cubbyhole.ts";
import { kvVersion1 } from "./kv1.ts";
import { kvVersion2 } from "./kv2/index.ts";

/** Every engine and auth method there is, by the type it is mounted under. */
export function engineCatalogue(state: VaultState, mounter: () => Mounter): EngineCatalogue {
  return {
    secrets: {
      cubbyhole: () => cubbyhole(),
      identity: () => identityBackend(state),
      system: () => systemBackend(state, mounter),
      kv: (context, options, before) =>
        options["version"] === "2" ? kvVersion2(context, before?.contents?.()) : kvVersion1(context),
    },
    auth: {
      token: () => tokenBackend(state),
      kubernetes: kubernetesAuth,
      jwt: jwtAuth,
      oidc: jwtAuth,
    },
  };
}
