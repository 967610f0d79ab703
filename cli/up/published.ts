import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse, stringify } from "yaml";
import type { Clock, Scope } from "../../core/index.ts";
import { type CertificateAuthority, startHttpServer } from "../../net/index.ts";
import { layoutOf } from "../../suite/layout.ts";
import { packChart } from "./chart-archive.ts";
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

/** The charts and manifests that guides fetch from the web, under their own names, out of `deploy/`. */
export async function publishCharts(
  scope: Scope,
  clock: Clock,
  authority: CertificateAuthority,
  names: Names,
): Promise<void> {
  const deploy = join(layoutOf().root, "deploy");
  const hosts = [RAW, ...REPOSITORIES.map(({ url }) => new URL(url).host)];
  const pages = new Map<string, () => Promise<Page>>();
  for (const { url, chart } of REPOSITORIES) {
    const packed = lazily(() => release(join(deploy, "charts", chart), url));
    pages.set(`${url}/index.yaml`, async () => (await packed()).index);
    const { name, version } = parse(await readFile(join(deploy, "charts", chart, "Chart.yaml"), "utf8")) as Chart;
    pages.set(`${url}/${name}-${version}.tgz`, async () => (await packed()).archive);
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

type Chart = { readonly name: string; readonly version: string };

async function release(folder: string, url: string): Promise<{ readonly index: Page; readonly archive: Page }> {
  const body = await packChart(folder);
  const chart = parse(await readFile(join(folder, "Chart.yaml"), "utf8")) as Chart;
  const entry = {
    ...chart,
    created: "2026-01-01T00:00:00Z",
    digest: createHash("sha256").update(body).digest("hex"),
    urls: [`${url}/${basename(folder)}-${chart.version}.tgz`],
  };
  const index = { apiVersion: "v1", entries: { [chart.name]: [entry] }, generated: "2026-01-01T00:00:00Z" };
  return {
    index: { type: "text/yaml", body: Buffer.from(stringify(index)) },
    archive: { type: "application/gzip", body },
  };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
