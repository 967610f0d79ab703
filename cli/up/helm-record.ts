import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parse, stringify } from "yaml";
import type { KubeObject } from "../../kube/index.ts";
import { layoutOf } from "../../suite/layout.ts";

export type HelmRelease = {
  readonly release: string;
  readonly namespace: string;
  /** Folder below `deploy/charts`. */
  readonly chart: string;
  /** The values that differ from the chart's own. */
  readonly values: unknown;
  readonly objects: readonly KubeObject[];
};

/** The Secret by which Helm knows a release: `helm list`, `helm upgrade` and `helm uninstall` go on from it. */
export async function helmRecord(of: HelmRelease, now: number): Promise<KubeObject> {
  const { release, namespace, chart, values, objects } = of;
  const metadata: unknown = parse(
    await readFile(join(layoutOf().root, "deploy", "charts", chart, "Chart.yaml"), "utf8"),
  );
  const time = new Date(now).toISOString();
  const record = {
    name: release,
    info: { first_deployed: time, last_deployed: time, description: "Install complete", status: "deployed" },
    chart: { metadata, lock: null, templates: [], values: {}, schema: null, files: [] },
    config: values,
    manifest: objects.map((object) => `---\n${stringify(object, { aliasDuplicateObjects: false })}`).join(""),
    version: 1,
    namespace,
    // These objects were created, not applied: an upgrade has to merge, for it owns none of their fields yet.
    apply_method: "csa",
  };
  // Helm's own encoding stands inside the API's.
  const packed = gzipSync(JSON.stringify(record)).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: `sh.helm.release.v1.${release}.v1`,
      namespace,
      labels: {
        modifiedAt: String(Math.floor(now / 1000)),
        name: release,
        owner: "helm",
        status: "deployed",
        version: "1",
      },
    },
    type: "helm.sh/release.v1",
    data: { release: Buffer.from(packed).toString("base64") },
  };
}
