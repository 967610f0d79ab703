import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Clock, MountproofError, messageOf, type Scope } from "../../core/index.ts";
import { type CertificateAuthority, startHttpServer } from "../../net/index.ts";
import { layoutOf } from "../../suite/layout.ts";
import { packChart } from "./chart-archive.ts";
import { type ChartIgnore, chartIgnoreOf } from "./chart-files.ts";
import type { Names } from "./names.ts";

/** Where guides take charts from, and which of `deploy/charts` stands there. */
const REPOSITORIES: readonly { readonly url: string; readonly chart: string }[] = [
  { url: "https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts", chart: "secrets-store-csi-driver" },
  {
    url: "https://azure.github.io/secrets-store-csi-driver-provider-azure/charts",
    chart: "csi-secrets-store-provider-azure",
  },
  { url: "https://helm.releases.hashicorp.com", chart: "vault" },
];
/** Where guides take manifests from, whatever the branch or tag, and which file of `deploy/` stands there. */
const MANIFESTS: readonly { readonly path: RegExp; readonly file: string }[] = [
  {
    path: /^\/aws\/secrets-store-csi-driver-provider-aws\/.+\/aws-provider-installer\.yaml$/,
    file: "aws-provider-installer.yaml",
  },
  {
    path: /^\/GoogleCloudPlatform\/secrets-store-csi-driver-provider-gcp\/.+\/provider-gcp-plugin\.yaml$/,
    file: "provider-gcp-plugin.yaml",
  },
];
const RAW = "raw.githubusercontent.com";

type Page = { readonly type: string; readonly body: Buffer };

/** A chart's folder, and the address of the repository that has it. */
export type PublishedChart = { readonly url: string; readonly folder: string };

/**
 * The charts and manifests that guides fetch from the web, under their own names: out of `deploy/`, and `own` ones, which
 * come before those of the same name.
 * @throws MountproofError `invalid_argument` for a folder that holds no chart
 */
export async function publishCharts(
  scope: Scope,
  clock: Clock,
  authority: CertificateAuthority,
  names: Names,
  own: readonly PublishedChart[] = [],
): Promise<void> {
  const deploy = join(layoutOf().root, "deploy");
  const preset = REPOSITORIES.map(({ url, chart }) => ({ url, folder: join(deploy, "charts", chart) }));
  const repositories = await repositoriesOf([...preset, ...own]);
  const hosts = [...new Set([RAW, ...[...repositories.keys()].map((url) => new URL(url).host)])];
  const pages = new Map<string, () => Promise<Page>>();
  for (const [url, charts] of repositories) {
    const packed = lazily(() => release([...charts.values()], url));
    pages.set(`${url}/index.yaml`, async () => (await packed()).index);
    for (const chart of charts.values())
      pages.set(archiveUrl(url, chart), async () => ({
        type: "application/gzip",
        body: (await packed()).archives.get(chart.name) ?? Buffer.alloc(0),
      }));
  }
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "published charts",
      tls: await authority.issue({ commonName: RAW, dnsNames: [RAW, ...hosts.slice(1)] }),
      handler: async (exchange) => {
        const host = (exchange.headers.host ?? "").replace(/:443$/, "");
        const manifest = MANIFESTS.find(({ path }) => host === RAW && path.test(exchange.path));
        const page =
          manifest === undefined
            ? await pages.get(`https://${host}${exchange.path}`)?.()
            : { type: "text/plain; charset=utf-8", body: await readFile(join(deploy, manifest.file)) };
        if (page === undefined) return exchange.respond(404, { "content-type": "text/plain" }, "404: Not Found");
        return exchange.respond(200, { "content-type": page.type }, page.body);
      },
    }),
  );
  for (const host of hosts) names.lead(`${host}:443`, { host: server.host, port: server.port });
}

type Chart = {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly metadata: object;
  readonly ignore: ChartIgnore;
};

/** By address, then by name. */
async function repositoriesOf(published: readonly PublishedChart[]): Promise<Map<string, Map<string, Chart>>> {
  const repositories = new Map<string, Map<string, Chart>>();
  for (const { url, folder } of published) {
    const chart = await chartOf(folder);
    repositories.set(url, (repositories.get(url) ?? new Map<string, Chart>()).set(chart.name, chart));
  }
  return repositories;
}

async function chartOf(folder: string): Promise<Chart> {
  const refuse = (why: string, cause?: unknown): MountproofError =>
    new MountproofError("invalid_argument", {
      message: `"${folder}" holds no Helm chart: ${why}`,
      hint: "--chart https://charts.example.com=./charts/mine, a folder with a Chart.yaml",
      cause,
    });
  let metadata: unknown;
  let ignore: ChartIgnore;
  try {
    metadata = parse(await readFile(join(folder, "Chart.yaml"), "utf8"));
    ignore = await chartIgnoreOf(folder);
  } catch (cause) {
    throw refuse(messageOf(cause), cause);
  }
  const { name, version } = (metadata ?? {}) as { name?: unknown; version?: unknown };
  if (typeof name !== "string" || typeof version !== "string") throw refuse("its Chart.yaml has no name and version");
  return { name, version, folder, metadata: metadata as object, ignore };
}

function archiveUrl(url: string, { name, version }: Chart): string {
  return `${url}/${name}-${version}.tgz`;
}

type Release = { readonly index: Page; readonly archives: ReadonlyMap<string, Buffer> };

async function release(charts: readonly Chart[], url: string): Promise<Release> {
  const archives = new Map<string, Buffer>();
  const entries: Record<string, readonly object[]> = {};
  for (const chart of charts) {
    const body = await packChart(chart.folder, chart.name, chart.ignore);
    archives.set(chart.name, body);
    entries[chart.name] = [
      {
        ...chart.metadata,
        created: "2026-01-01T00:00:00Z",
        digest: createHash("sha256").update(body).digest("hex"),
        urls: [archiveUrl(url, chart)],
      },
    ];
  }
  const index = { apiVersion: "v1", entries, generated: "2026-01-01T00:00:00Z" };
  return { index: { type: "text/yaml", body: Buffer.from(stringify(index)) }, archives };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
