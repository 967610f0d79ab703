import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { RealClock, Scope } from "../../core/index.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createDialer,
  createHttpClient,
} from "../../net/index.ts";
import { Names } from "./names.ts";
import { publishCharts } from "./published.ts";

const clock = new RealClock();
const HASHICORP = "https://helm.releases.hashicorp.com";
const DEEP = join("templates", "a".repeat(60), "b".repeat(60), "object.yaml");
let scope: Scope;
let folder: string;
let authority: CertificateAuthority;
beforeAll(async () => {
  scope = new Scope("test");
  folder = await mkdtemp(join(tmpdir(), "mp-charts-"));
  scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
  authority = await createCertificateAuthority({ clock, commonName: "test" });
  for (const name of ["vault", "other"]) {
    await mkdir(join(folder, `chart-of-${name}`, DEEP, ".."), { recursive: true });
    await writeFile(join(folder, `chart-of-${name}`, "Chart.yaml"), `apiVersion: v2\nname: ${name}\nversion: 9.9.9\n`);
    await writeFile(join(folder, `chart-of-${name}`, DEEP), "kind: Deep\n");
  }
});
afterAll(() => scope[Symbol.asyncDispose]());

type Index = { readonly entries: Readonly<Record<string, readonly { version: string; urls: string[] }[]>> };

test("charts of one's own stand at a repository's address, before those of the same name", async () => {
  const names = new Names();
  const own = [
    { url: HASHICORP, folder: join(folder, "chart-of-vault") },
    { url: "https://charts.example.com/stable", folder: join(folder, "chart-of-vault") },
    { url: "https://charts.example.com/stable", folder: join(folder, "chart-of-other") },
  ];
  await publishCharts(scope, clock, authority, names, own);
  const dialer = createDialer({ resolvers: [names.resolver] });
  await using http = createHttpClient({ clock, dialer, caPem: authority.certPem });
  const get = async (url: string): Promise<Buffer> => {
    const { status, body } = await http.request({ method: "GET", url });
    expect(status, url).toBe(200);
    return body;
  };
  const index = async (url: string): Promise<Index> => parse((await get(`${url}/index.yaml`)).toString()) as Index;
  const { entries } = await index(HASHICORP);
  expect(Object.keys(entries)).toEqual(["vault"]);
  expect(entries["vault"]?.[0]).toMatchObject({ version: "9.9.9", urls: [`${HASHICORP}/vault-9.9.9.tgz`] });
  const stable = await index("https://charts.example.com/stable");
  expect(Object.keys(stable.entries)).toEqual(["vault", "other"]);
  const upstream = await index("https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts");
  expect(Object.keys(upstream.entries)).toEqual(["secrets-store-csi-driver"]);

  const archive = join(folder, "other.tgz");
  await writeFile(archive, await get(stable.entries["other"]?.[0]?.urls[0] ?? ""));
  execFileSync("tar", ["xzf", archive, "-C", folder]);
  expect(execFileSync("cat", [join(folder, "other", DEEP)], { encoding: "utf8" })).toBe("kind: Deep\n");
});

test.each([
  ["nothing", "ENOENT"],
  ["chart-of-nobody", "its Chart.yaml has no name and version"],
  ["bad-rules", ".helmignore line 2 "],
])("a folder with %s in it is refused by name", async (name, why) => {
  if (name !== "nothing") {
    await mkdir(join(folder, name), { recursive: true });
    const metadata = name === "bad-rules" ? "name: a\nversion: 1.0.0\n" : "";
    await writeFile(join(folder, name, "Chart.yaml"), `apiVersion: v2\n${metadata}`);
    if (metadata !== "") await writeFile(join(folder, name, ".helmignore"), "# rules\n**/tests\n");
  }
  const own = [{ url: HASHICORP, folder: join(folder, name) }];
  await expect(publishCharts(scope, clock, authority, new Names(), own)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(new RegExp(`^"${join(folder, name)}" holds no Helm chart: .*${why}`)),
  });
});
