import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type DriverValues, driverDaemonSet, driverManifests } from "../../driver/index.ts";
import type { KubeObject } from "../../kube/index.ts";
import { oracle } from "../../suite/oracle.ts";
import { deployFiles } from "./deploy-files.ts";
import { PROVIDER_OBJECTS } from "./releases.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the files of deploy/ that are made from code are as the code makes them", async () => {
  for (const [path, text] of await deployFiles())
    expect(await readFile(join(root, path), "utf8").catch(() => "missing"), path).toBe(text);
});

const helm = await oracle("helm");

/** What Helm renders, without the marks that it gives its own objects. */
async function rendered(chart: string, release: string, namespace: string, ...flags: string[]): Promise<KubeObject[]> {
  const args = ["template", release, join(root, "deploy", "charts", chart), "--namespace", namespace, ...flags];
  const { stdout } = await promisify(execFile)(helm.path ?? "", args, { maxBuffer: 1 << 24 });
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
    .map((object) => ({ ...object, metadata: plain(object.metadata) }));
}

function plain(metadata: KubeObject["metadata"]): KubeObject["metadata"] {
  const marks = /^(app|helm\.sh\/chart|app\.kubernetes\.io\/.*)$/;
  const labels = Object.entries(metadata.labels ?? {}).filter(([name]) => !marks.test(name));
  const { labels: _marked, ...rest } = metadata;
  return labels.length > 0 ? { ...rest, labels: Object.fromEntries(labels) } : rest;
}

const byName = (objects: readonly KubeObject[]): KubeObject[] =>
  objects
    .map((object) => ({ ...object, metadata: plain(object.metadata) }))
    .toSorted((a, b) => (`${a.kind}/${a.metadata.name}` < `${b.kind}/${b.metadata.name}` ? -1 : 1));

describe("rendered by Helm", () => {
  beforeEach(({ skip }) => {
    if (helm.path === undefined) skip(helm.missing);
  });

  const driver = (values: DriverValues): KubeObject[] => byName([...driverManifests(values), driverDaemonSet(values)]);
  test.each<[string, readonly string[], DriverValues]>([
    ["the defaults", [], {}],
    [
      "the guide's values",
      ["syncSecret.enabled=true", "enableSecretRotation=true", "rotationPollInterval=120s"],
      { syncSecret: { enabled: true }, enableSecretRotation: true, rotationPollInterval: "120s" },
    ],
    [
      "audiences of tokens",
      ["tokenRequests[0].audience=vault", "tokenRequests[1].audience=sts.amazonaws.com"],
      { tokenRequests: [{ audience: "vault" }, { audience: "sts.amazonaws.com" }] },
    ],
    [
      "health checks, sizes and logs",
      [
        "providerHealthCheck=true",
        "providerHealthCheckInterval=30s",
        "maxCallRecvMsgSize=8388608",
        "logVerbosity=5",
        "logFormatJSON=true",
      ],
      {
        providerHealthCheck: true,
        providerHealthCheckInterval: "30s",
        maxCallRecvMsgSize: 8_388_608,
        logVerbosity: 5,
        logFormatJSON: true,
      },
    ],
  ])("the driver's chart is the driver's manifests: %s", async (_what, set, values) => {
    const flags = ["--kube-version", "1.34.0", ...set.flatMap((value) => ["--set", value])];
    const objects = await rendered("secrets-store-csi-driver", "csi-secrets-store", "kube-system", ...flags);
    expect(byName(objects)).toEqual(driver(values));
  });

  test("from Kubernetes 1.35 on tokens come in the request's secrets", async () => {
    const tokenRequests = [{ audience: "vault" }];
    const flags = ["--kube-version", "1.35.0", "--set", "tokenRequests[0].audience=vault"];
    const objects = await rendered("secrets-store-csi-driver", "csi-secrets-store", "kube-system", ...flags);
    expect(byName(objects)).toEqual(driver({ tokenRequests, serviceAccountTokenInSecrets: true }));
  });

  test("the Azure provider's chart is its manifests", async () => {
    const objects = await rendered("csi-secrets-store-provider-azure", "azure", "kube-system");
    const wanted = (await PROVIDER_OBJECTS.azure()).filter(({ kind }) => kind !== "Namespace");
    expect(byName(objects)).toEqual(byName(wanted));
  });

  test("the Vault chart's provider is its manifests", async () => {
    const objects = await rendered("vault", "vault", "csi", "--set", "csi.enabled=true");
    const wanted = (await PROVIDER_OBJECTS.vault()).filter(({ kind }) => kind !== "Namespace");
    expect(byName(objects)).toEqual(byName(wanted));
  });

  test("what a chart does not bring is refused, not left out", async () => {
    const refused = async (chart: string, value: string): Promise<string> =>
      await rendered(chart, "r", "n", "--set", value).then(
        () => "rendered",
        (error: { stderr: string }) => error.stderr,
      );
    expect(await refused("secrets-store-csi-driver", "windows.enabled=true")).toContain("no driver for Windows nodes");
    expect(await refused("vault", "server.enabled=true")).toContain("not part of this chart");
    expect(await refused("vault", "csi.agent.enabled=true")).toContain("not part of this chart");
  });
});
