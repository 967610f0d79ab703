import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { EmbeddedApiServer } from "../clusters/embedded/apiserver/index.ts";
import { RealClock, Scope } from "../core/index.ts";
import { FakeAws } from "../fakes/aws/index.ts";
import { createKubeClient, type KubeObject, ServiceAccounts } from "../kube/index.ts";
import { createCertificateAuthority, Journal, startEgressProxy } from "../net/index.ts";
import { CSIDriverProvider } from "../wire/gen/provider_pb.ts";
import { grpcClient } from "../wire/grpc/index.ts";

const bin = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));
const clock = new RealClock();

test("the AWS provider as a process reaches AWS by its real names, through the proxy and by the CA that its environment names", async () => {
  await using scope = new Scope("test");
  const folder = await mkdtemp(join(tmpdir(), "mp-aws-process-"));
  scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
  const authority = await createCertificateAuthority({ clock });
  const api = scope.use(await new EmbeddedApiServer({ clock, authority }).start());
  const aws = scope.use(await new FakeAws({ clock, issuerCaPem: api.caPem }).start());
  const names = ["*.eu-west-1.amazonaws.com"];
  const front = scope.use(await aws.listenToo({ tls: await authority.issue({ commonName: "aws", dnsNames: names }) }));
  const journal = new Journal(clock);
  const resolvers = [async (host: string) => (host.endsWith(".eu-west-1.amazonaws.com") ? front : undefined)];
  const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers }));
  aws.admin.trustIssuer({ url: api.issuer.url });
  aws.admin.role("app", aws.admin.trustFor(api.issuer.url, "system:serviceaccount:default:app"), [], {
    read: { Statement: { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*" } },
  });
  aws.admin.secret("eu-west-1", "db", { string: "hello" });
  const admin = scope.use(createKubeClient(api.adminConfig, { clock }));
  const annotations = { "eks.amazonaws.com/role-arn": `arn:aws:iam::${aws.accountId}:role/app` };
  const metadata = { name: "app", namespace: "default", annotations };
  await admin.create(ServiceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  const tokenOf = async (spec: Record<string, unknown>): Promise<string> => {
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata, spec } as KubeObject;
    const made = await admin.create(ServiceAccounts, request, { subresource: "token" });
    return (made["status"] as { token: string }).token;
  };
  // Anybody's account will do for the provider here: what it may read is the business of its manifests.
  await admin.raw("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata: { name: "reader" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "app", namespace: "default" }],
    },
  });
  await writeFile(join(folder, "ca.pem"), authority.certPem);
  await writeFile(
    join(folder, "kubeconfig"),
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [
        {
          name: "c",
          cluster: { server: api.url, "certificate-authority-data": Buffer.from(api.caPem).toString("base64") },
        },
      ],
      users: [{ name: "u", user: { token: await tokenOf({}) } }],
    }),
  );
  await mkdir(join(folder, "mount"));
  const provider = spawn(process.execPath, [bin, "provider", "aws", `--provider-volume=${folder}`], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: process.env["PATH"],
      KUBECONFIG: join(folder, "kubeconfig"),
      SSL_CERT_FILE: join(folder, "ca.pem"),
      ...proxy.environment("provider/aws"),
    },
  });
  scope.defer("provider", () => provider.kill("SIGKILL"));
  for await (const chunk of provider.stderr) if (String(chunk).includes("provider is serving")) break;
  const client = grpcClient(CSIDriverProvider, { clock, target: { path: join(folder, "aws.sock") } });
  scope.defer("client", () => client.close());
  const { files } = await client.mount({
    attributes: JSON.stringify({
      region: "eu-west-1",
      objects: "- {objectName: db, objectType: secretsmanager}",
      "csi.storage.k8s.io/pod.namespace": "default",
      "csi.storage.k8s.io/serviceAccount.name": "app",
      "csi.storage.k8s.io/serviceAccount.tokens": JSON.stringify({
        "sts.amazonaws.com": { token: await tokenOf({ audiences: ["sts.amazonaws.com"] }) },
      }),
    }),
    permission: "420",
    targetPath: join(folder, "mount"),
  });
  expect(files.map(({ path, contents }) => [path, Buffer.from(contents).toString()])).toEqual([["db", "hello"]]);
  expect(journal.entries({ seam: "egress" }).map(({ operation, caller }) => `${operation} ${caller}`)).toEqual([
    "CONNECT sts.eu-west-1.amazonaws.com:443 provider/aws",
    "CONNECT secretsmanager.eu-west-1.amazonaws.com:443 provider/aws",
  ]);
}, 30_000);
