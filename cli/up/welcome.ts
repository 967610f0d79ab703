import { join, relative } from "node:path";
import { layoutOf } from "../../suite/layout.ts";
import type { UpState } from "./state.ts";

/**
 * What a person reads when the cluster is up, with the next three commands to try.
 * @param unready why not all is Ready, a line each; undefined when it is
 * @param end what ends it: `Ctrl-C`, or a command
 */
export function welcome(state: UpState, tookMs: number, unready: readonly string[] | undefined, end: string): string {
  const { driver, providers, stores, nodes } = state;
  const parts = [
    `${nodes.length} node${nodes.length === 1 ? "" : "s"}`,
    driver === "none" ? "no driver" : `driver ${driver}`,
    ...(providers.length > 0 ? [`providers ${providers.join(", ")}`] : []),
    ...(stores.length > 0 ? [`stores ${stores.map(({ name, url }) => `${name} (${url})`).join(", ")}`] : []),
  ];
  return [
    `Kubernetes ${state.kubeVersion} is up at ${state.server} after ${(tookMs / 1000).toFixed(1)} s: ${parts.join("; ")}`,
    ...(unready === undefined
      ? []
      : [
          "Not all of it is Ready: kubectl get pods -A, kubectl describe pod and kubectl logs say more",
          ...unready.map((reason) => `  ${reason}`),
        ]),
    "Try next:",
    ...nextCommands(state).map((command) => `  ${command}`),
    ...stores.flatMap(({ hints }) => hints.map((hint) => `Store: ${hint}`)),
    `${end} ends it`,
    "",
  ].join("\n");
}

function nextCommands({ driver, stores, kubeconfig }: UpState): string[] {
  // Whole, for whoever goes to another folder.
  const use = `export KUBECONFIG=${kubeconfig}`;
  if (driver === "none") return [use, "kubectl get nodes", "kubectl create namespace production"];
  if (stores.some(({ name }) => name === "vault"))
    return [
      use,
      `kubectl apply ${["namespace", "secret-provider-class", "app"].map((name) => `-f ${example(`${name}.yaml`)}`).join(" ")}`,
      "kubectl exec -it deployment/app-with-secrets -n production -- ls -la /mnt/secrets/",
    ];
  return [use, "kubectl get pods -A", "kubectl get csidriver,csinodes"];
}

/** Where it lies for who reads this: an installed package brings its examples along. */
function example(name: string): string {
  return shownPath(join(layoutOf().root, "examples", "vault", name));
}

/** As short as it can be typed from here. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}
