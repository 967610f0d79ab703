import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oracle } from "../../suite/oracle.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [kubectl, helm] = await Promise.all([oracle("kubectl"), oracle("helm")]);
const missing = kubectl.missing ?? helm.missing;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-guide-"));
});
afterAll(async () => {
  if (missing === undefined) await shell("mountproof down");
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  await shell("mountproof down");
});

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs commands as a person types them, in the checkout, with the variables that `mountproof env` prints. */
function shell(commands: string): Promise<Ended> {
  const programs = [kubectl.path, helm.path].map((path) => dirname(path ?? "/"));
  const env = {
    ...process.env,
    HOME: folder,
    TMPDIR: folder,
    MOUNTPROOF_STATE: join(folder, "state"),
    PATH: [dirname(process.execPath), ...programs, process.env["PATH"]].join(delimiter),
  };
  const script = `mountproof() { node "${join(root, "bin", "mountproof.js")}" "$@"; }\n${commands}`;
  return new Promise((resolve) =>
    execFile("/bin/sh", ["-c", script], { cwd: root, env, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr }),
    ),
  );
}
const typed = (commands: string): Promise<Ended> => shell(`eval $(mountproof env)\n${commands}`);
const works = async (command: string): Promise<string> => {
  const ended = await typed(command);
  expect(ended, `${command}\n${ended.stderr}`).toMatchObject({ code: 0 });
  return ended.stdout;
};

/** Each store's part of the guide: the driver's values, and how its provider is installed. */
const GUIDES: readonly { readonly store: string; readonly values: string; readonly install: readonly string[] }[] = [
  {
    store: "aws",
    values: "driver-values",
    install: [
      "kubectl apply -f https://raw.githubusercontent.com/aws/secrets-store-csi-driver-provider-aws/main/deployment/aws-provider-installer.yaml",
    ],
  },
  {
    store: "azure",
    values: "driver-values-corrected",
    install: [
      "helm repo add csi-secrets-store-provider-azure https://azure.github.io/secrets-store-csi-driver-provider-azure/charts",
      "helm install azure-provider csi-secrets-store-provider-azure/csi-secrets-store-provider-azure --namespace kube-system --set secrets-store-csi-driver.install=false",
    ],
  },
  {
    store: "gcp",
    values: "driver-values",
    install: [
      "kubectl apply -f https://raw.githubusercontent.com/GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp/main/deploy/provider-gcp-plugin.yaml",
    ],
  },
];

describe("the guide's commands, as typed", { timeout: 240_000 }, () => {
  test("from a cluster without driver and providers to secrets in a pod, with the real kubectl and Helm", async () => {
    const up = await shell(
      `mountproof up --driver none --providers none --stores vault --detach --kubeconfig ${join(folder, "kubeconfig")}`,
    );
    expect(up, up.stderr).toMatchObject({ code: 0 });

    await works(
      "helm repo add secrets-store-csi-driver https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts",
    );
    await works(
      "helm install csi-secrets-store secrets-store-csi-driver/secrets-store-csi-driver --namespace kube-system --set syncSecret.enabled=true --set enableSecretRotation=true --set rotationPollInterval=120s",
    );
    await works("helm repo add hashicorp https://helm.releases.hashicorp.com");
    // The guide's name of the chart does not exist: a real repository says so, too.
    expect((await typed("helm install vault-csi-provider hashicorp/vault-csi-provider")).stderr).toContain(
      'chart "vault-csi-provider" matching  not found in hashicorp index',
    );
    await works(
      "helm install vault hashicorp/vault --namespace csi --create-namespace --set csi.enabled=true --set server.enabled=false",
    );
    for (const url of [
      "https://raw.githubusercontent.com/aws/secrets-store-csi-driver-provider-aws/main/deployment/aws-provider-installer.yaml",
      "https://raw.githubusercontent.com/GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp/main/deploy/provider-gcp-plugin.yaml",
    ])
      await works(`kubectl apply -f ${url}`);
    await works(
      "kubectl rollout status daemonset --timeout=60s -n kube-system -l app=secrets-store-csi-driver && kubectl rollout status daemonset/vault-csi-provider --timeout=60s -n csi",
    );

    expect(await works("kubectl get pods -n kube-system -l app=secrets-store-csi-driver")).toMatch(/3\/3 +Running/);
    expect(await works("kubectl get csidriver")).toContain("secrets-store.csi.k8s.io");
    await works("kubectl apply -f examples/vault/namespace.yaml");
    await works("kubectl apply -f examples/vault/secret-provider-class.yaml -f examples/vault/app.yaml");
    await works("kubectl rollout status deployment/app-with-secrets -n production --timeout=60s");
    expect(await works("kubectl get secretproviderclass -n production")).toContain("vault-secrets");
    const listed = await works("kubectl exec -it deployment/app-with-secrets -n production -- ls -la /mnt/secrets/");
    expect(listed).toMatch(/api-token -> \.\.data\/api-token/);
    expect(listed).toMatch(/db-password -> \.\.data\/db-password/);
    const read = "kubectl exec deployment/app-with-secrets -n production -- cat /mnt/secrets/db-password";
    expect(await works(read)).toBe("example-password");

    expect(await works("kubectl describe pod -l app=app-with-secrets -n production")).toMatch(/Normal +Started/);
    expect(await works("kubectl describe secretproviderclass vault-secrets -n production")).toContain("app-role");
    expect(await works("kubectl get sa app-service-account -n production -o yaml")).toContain("app-service-account");
    expect(await works("kubectl logs -n kube-system -l app=secrets-store-csi-driver -c secrets-store")).toContain(
      "driver is serving",
    );
    for (const [namespace, label] of [
      ["csi", "app.kubernetes.io/name=vault-csi-provider"],
      ["kube-system", "app=csi-secrets-store-provider-aws"],
      ["kube-system", "app=csi-secrets-store-provider-gcp"],
    ])
      expect(await works(`kubectl logs -n ${namespace} -l ${label}`)).toContain("provider is serving");
    expect(await works("kubectl get secretproviderclasspodstatus -n production -o yaml")).toContain("mounted: true");
    // The guide looks for a Deployment, but the driver is a DaemonSet: a real cluster has none either.
    expect((await typed("kubectl get deployment csi-secrets-store -n kube-system")).stderr).toContain(
      'deployments.apps "csi-secrets-store" not found',
    );
    await works(
      "echo word > $HOME/there; pod=$(kubectl get pods -n production -o name | head -1 | cut -d/ -f2); kubectl cp $HOME/there production/$pod:/tmp/there && kubectl cp production/$pod:/tmp/there $HOME/back",
    );
    expect((await shell("cat $HOME/back")).stdout).toBe("word\n");
    expect((await shell("mountproof down")).code).toBe(0);
  });

  test("AWS, Azure and Google: from their stores alone to secrets in pods, by their own charts and manifests", async () => {
    const up = await shell(
      `mountproof up --driver none --providers none --stores aws,azure,gcp --detach --kubeconfig ${join(folder, "kubeconfig")}`,
    );
    expect(up, up.stderr).toMatchObject({ code: 0 });
    const driver = "secrets-store-csi-driver/secrets-store-csi-driver --namespace kube-system";
    await works(
      "helm repo add secrets-store-csi-driver https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts",
    );
    for (const { store, values, install } of GUIDES) {
      const provider = `csi-secrets-store-provider-${store}`;
      await works(`helm upgrade --install csi-secrets-store ${driver} --values examples/${store}/${values}.yaml`);
      for (const command of install) await works(command);
      await works(
        `kubectl rollout status daemonset/csi-secrets-store-secrets-store-csi-driver --timeout=60s -n kube-system && kubectl wait --for=condition=Ready pods -l app=${provider} --timeout=60s -n kube-system`,
      );
      expect(await works(`kubectl get pods -n kube-system -l app=${provider}`)).toMatch(/1\/1 +Running/);
      const corrected = store === "azure" ? "-corrected" : "";
      await works(
        `kubectl apply -f examples/${store}/namespace.yaml && kubectl apply -f examples/${store}/secret-provider-class${corrected}.yaml -f examples/${store}/app.yaml`,
      );
      await works("kubectl rollout status deployment/app-with-secrets -n production --timeout=60s");
      const listed = await works("kubectl exec -it deployment/app-with-secrets -n production -- ls -la /mnt/secrets/");
      expect(listed).toMatch(/api-key -> \.\.data\/api-key/);
      const read = "kubectl exec deployment/app-with-secrets -n production -- cat /mnt/secrets/db-password";
      expect(await works(read)).toBe("example-password");
      expect(await works("kubectl describe pod -l app=app-with-secrets -n production")).toMatch(/Normal +Started/);
      expect(await works(`kubectl describe secretproviderclass ${store}-secrets -n production`)).toMatch(
        new RegExp(`Provider: +${store}`),
      );
      expect(await works("kubectl get sa app-service-account -n production -o yaml")).toContain("app-service-account");
      expect(await works(`kubectl logs -n kube-system -l app=${provider}`)).toContain("provider is serving");
      expect(await works("kubectl get secretproviderclasspodstatus -n production -o yaml")).toContain("mounted: true");
      await works(`kubectl delete -f examples/${store}/app.yaml`);
    }
    expect((await shell("mountproof down")).code).toBe(0);
  });

  test("what up brings by itself is a release that Helm knows and upgrades", async () => {
    const kubeconfig = join(folder, "kubeconfig");
    const up = await shell(`mountproof up --stores none --detach --kubeconfig ${kubeconfig}`);
    expect(up, up.stderr).toMatchObject({ code: 0 });
    expect(await works("helm list -n kube-system")).toMatch(/csi-secrets-store\s+kube-system\s+1\s.*deployed/);
    await works(
      "helm repo add secrets-store-csi-driver https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts",
    );
    await works(
      "helm upgrade csi-secrets-store secrets-store-csi-driver/secrets-store-csi-driver -n kube-system --set enableSecretRotation=true --set rotationPollInterval=30s",
    );
    await works(
      "kubectl rollout status daemonset/csi-secrets-store-secrets-store-csi-driver -n kube-system --timeout=60s",
    );
    expect(await works("kubectl get ds -n kube-system -o yaml")).toContain("--rotation-poll-interval=30s");
    await works(
      "kubectl create deployment web --image=hashicorp/http-echo -- /http-echo -text=word -listen=:5678 && kubectl rollout status deployment/web --timeout=60s",
    );
    const forward = await typed(
      "kubectl port-forward deployment/web :5678 > $HOME/forward & until grep -q Forwarding $HOME/forward; do :; done; curl -s http://$(grep -o '127.0.0.1:[0-9]*' $HOME/forward | head -1)/; kill $!",
    );
    expect(forward.stdout).toBe("word\n");
    expect((await shell("mountproof down")).code).toBe(0);
  });
});
