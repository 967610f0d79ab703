import { connect } from "node:http2";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope } from "../../../../core/index.ts";
import { ConfigMaps, createKubeClient, type KubeClient, type KubeObject } from "../../../../kube/index.ts";
import { loadKubeProto } from "../../../../wire/kubeproto/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "../index.ts";
import { configMap } from "../testing/server-rig.ts";

const clock = new RealClock();
const PROTOBUF = "application/vnd.kubernetes.protobuf";
let scope: Scope;
let api: RunningApiServer;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  api = scope.use(await new EmbeddedApiServer({ clock }).start());
  api.tokenConfig("admin", { name: "admin", groups: ["system:masters"] });
  admin = scope.use(createKubeClient(api.adminConfig, { clock }));
});
afterEach(() => scope[Symbol.asyncDispose]());

/** A watch as Go's typed clients open one, and a way to wait for its next frames. */
async function open(path: string, accept: string) {
  const session = connect(api.url, { ca: api.caPem });
  scope.defer("session", () => session.destroy());
  const stream = session.request({ ":path": path, authorization: "Bearer admin", accept });
  let bytes = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve as never));
  const frames = async (count: number): Promise<Buffer[]> => {
    const found: Buffer[] = [];
    const read = (): number => {
      found.length = 0;
      for (let at = 0; at + 4 <= bytes.length; ) {
        const end = at + 4 + bytes.readUInt32BE(at);
        if (end > bytes.length) break;
        found.push(bytes.subarray(at + 4, end));
        at = end;
      }
      return found.length;
    };
    await expect.poll(read).toBeGreaterThanOrEqual(count);
    return found;
  };
  return { type: headers["content-type"], frames };
}

/** One frame, as client-go takes it apart. */
async function eventOf(frame: Buffer): Promise<{ type: string; object: KubeObject }> {
  const codec = await loadKubeProto();
  const reader = new BinaryReader(frame);
  let type = "";
  let object: KubeObject | undefined;
  while (reader.pos < reader.len) {
    const [number] = reader.tag();
    if (number === 1) type = reader.string();
    else {
      const raw = new BinaryReader(reader.bytes());
      raw.tag();
      object = codec.decode(raw.bytes()) as unknown as KubeObject;
    }
  }
  if (object === undefined) throw new Error("an event without an object");
  return { type, object };
}

test("a watch that wants protobuf gets each event in a frame, bookmarks included", async () => {
  await admin.create(ConfigMaps, { ...configMap("a"), data: { k: "v" } } as never);
  const watch = await open(
    "/api/v1/namespaces/default/configmaps?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    `${PROTOBUF},application/json`,
  );
  expect(watch.type).toBe(`${PROTOBUF};stream=watch`);
  const [first, bookmark] = await Promise.all((await watch.frames(2)).map(eventOf));
  expect(first).toMatchObject({ type: "ADDED", object: { apiVersion: "v1", kind: "ConfigMap", data: { k: "v" } } });
  expect(bookmark).toMatchObject({
    type: "BOOKMARK",
    object: { kind: "ConfigMap", metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
  });
  await admin.delete(ConfigMaps, { name: "a", namespace: "default" });
  const last = (await watch.frames(3)).at(-1);
  const gone = await eventOf(last as Buffer);
  expect(gone).toMatchObject({ type: "DELETED", object: { metadata: { name: "a" } } });
  expect(Number(gone.object.metadata.resourceVersion)).toBeGreaterThan(Number(first?.object.metadata.resourceVersion));
});

test("a CustomResource's watch is JSON, and refused where JSON is not wanted", async () => {
  const path = "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses?watch=true";
  expect((await open(path, `${PROTOBUF},application/json`)).type).toBe("application/json");
  expect((await admin.raw("GET", path, { accept: PROTOBUF })).status).toBe(406);
});
