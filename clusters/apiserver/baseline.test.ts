import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RealClock, Scope } from "../../core/index.ts";
import { Baseline } from "./baseline.ts";
import { Etcd } from "./etcd.ts";

type Stored = { readonly value: string; readonly mod_revision: string };

/** etcd's gateway as far as it is used: keys in base64, one revision for the whole store. */
const store = new Map<string, Stored>();
let revision = 0;
function answer(method: string, body: Readonly<Record<string, string>>): object {
  const { key = "", value = "", range_end: end = "" } = body;
  const text = (base64: string): string => Buffer.from(base64, "base64").toString();
  if (method === "range") {
    const kvs = [...store].filter(([one]) => text(one) >= text(key) && text(one) < text(end));
    // Like protobuf's JSON everywhere, it leaves an empty value out.
    return { kvs: kvs.map(([one, { value: kept, ...rest }]) => ({ key: one, ...rest, ...(kept && { value: kept }) })) };
  }
  revision++;
  if (method === "put") store.set(key, { value, mod_revision: String(revision) });
  else store.delete(key);
  return { header: { revision: String(revision) } };
}

const put = (key: string, value: string): object =>
  answer("put", { key: Buffer.from(key).toString("base64"), value: Buffer.from(value).toString("base64") });
const remove = (key: string): object => answer("deleterange", { key: Buffer.from(key).toString("base64") });
const content = (): Record<string, string> =>
  Object.fromEntries(
    [...store].map(([key, { value }]) => [
      Buffer.from(key, "base64").toString(),
      Buffer.from(value, "base64").toString(),
    ]),
  );

let scope: Scope;
let etcd: Etcd;
let refuses = false;
beforeAll(async () => {
  scope = new Scope("test");
  const folder = await mkdtemp(join(tmpdir(), "mp-etcd-"));
  scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      response.statusCode = refuses ? 503 : 200;
      response.end(
        refuses ? "no leader" : JSON.stringify(answer(request.url?.split("/").at(-1) ?? "", JSON.parse(body))),
      );
    });
  });
  const socket = join(folder, "etcd.sock");
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  scope.defer("server", () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  etcd = new Etcd(socket, new RealClock(), scope);
});
afterAll(() => scope[Symbol.asyncDispose]());
beforeEach(() => {
  refuses = false;
  store.clear();
  put("/registry/clusterroles/admin", "rules");
  put("/registry/namespaces/default", "");
  put("/registry/masterleases/10.0.0.1", "then");
});

test("what came since is gone, what was changed or deleted is back, and the server's own is left alone", async () => {
  const baseline = await Baseline.of(etcd);
  const before = content();
  put("/registry/clusterroles/admin", "other rules");
  put("/registry/pods/default/app", "pod");
  remove("/registry/namespaces/default");
  put("/registry/masterleases/10.0.0.1", "now");
  put("/other", "not the server's");
  await baseline.restore();
  expect(content()).toEqual({ ...before, "/registry/masterleases/10.0.0.1": "now", "/other": "not the server's" });
});

test("nothing is written where nothing was changed, also the second time", async () => {
  const baseline = await Baseline.of(etcd);
  put("/registry/clusterroles/admin", "other rules");
  await baseline.restore();
  const then = revision;
  await baseline.restore();
  expect(revision).toBe(then);
});

test("a store that refuses is told with what it said", async () => {
  const baseline = await Baseline.of(etcd);
  refuses = true;
  await expect(baseline.restore()).rejects.toMatchObject({
    code: "environment",
    message: "etcd answered range with 503: no leader",
  });
});
