import { relative } from "node:path";
import type { UpState } from "./state.ts";

/** What a person reads when the cluster is up, with the next three commands to try. */
export function welcome(state: UpState, tookMs: number, allReady: boolean): string {
  const { driver, providers, stores, nodes } = state;
  const near = relative(process.cwd(), state.kubeconfig);
  const kubeconfig = near.startsWith("..") ? state.kubeconfig : near;
  const parts = [
    `${nodes.length} node${nodes.length === 1 ? "" : "s"}`,
    driver === "none" ? "no driver" : `driver ${driver}`,
    ...(providers.length > 0 ? [`providers ${providers.join(", ")}`] : []),
    ...(stores.length > 0 ? [`stores ${stores.map(({ name, url }) => `${name} (${url})`).join(", ")}`] : []),
  ];
  return [
    `Kubernetes ${state.kubeVersion} is up at ${state.server} after ${(tookMs / 1000).toFixed(1)} s: ${parts.join("; ")}`,
    ...(allReady ? [] : ["Not all of it is Ready: kubectl get pods -A, kubectl describe pod and kubectl logs say why"]),
    "Try next:",
    ...nextCommands(state, kubeconfig).map((command) => `  ${command}`),
    ...stores.flatMap(({ hints }) => hints.map((hint) => `Store: ${hint}`)),
    "Ctrl-C ends it",
    "",
  ].join("\n");
}

function nextCommands({ driver, stores }: UpState, kubeconfig: string): string[] {
  const use = `export KUBECONFIG=${kubeconfig}`;
  if (driver === "none") return [use, "kubectl get nodes", "kubectl create namespace production"];
  if (stores.some(({ name }) => name === "vault"))
    return [
      use,
      "kubectl apply -f examples/vault/namespace.yaml -f examples/vault/secret-provider-class.yaml -f examples/vault/app.yaml",
      "kubectl exec -it deployment/app-with-secrets -n production -- ls -la /mnt/secrets/",
    ];
  return [use, "kubectl get pods -A", "kubectl get csidriver,csinodes"];
}
