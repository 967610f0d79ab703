import type { EngineContext } from "../../core/engines.ts";
import type { Backend } from "../../framework/backend.ts";
import { configPath, type KubernetesConfig } from "./config.ts";
import { login } from "./login.ts";
import { type KubernetesRole, rolePaths } from "./roles.ts";

/** The kubernetes auth method: ServiceAccount tokens, vouched for by the cluster's TokenReview. */
export function kubernetesAuth(context: EngineContext): Backend {
  const held: { config: KubernetesConfig | undefined; readonly roles: Map<string, KubernetesRole> } = {
    config: undefined,
    roles: new Map(),
  };
  return {
    type: "kubernetes",
    unauthenticated: ["login"],
    paths: [
      {
        pattern: /^login$/,
        fields: { role: "string", jwt: "string" },
        operations: { update: (call) => login(context, held, call) },
      },
      configPath(held, context.dialect.name === "openbao"),
      ...rolePaths(held.roles, context.dialect),
    ],
  };
}
