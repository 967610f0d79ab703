import { fork, spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { silentLog } from "../../core/index.ts";
import { createDialer, loopbackResolver, signingKeyOf, signJwt } from "../../net/index.ts";
import { AwsProvider } from "../../providers/aws/index.ts";
import { startMoto } from "../baselines/moto.ts";
import { bound } from "../lifetime.ts";
import { requestBytes } from "../load.ts";
import type { AwsStoreFacts } from "./aws-store.ts";
import type { StoreBench } from "./store.ts";

const REGION = "us-east-1";
const SUBJECT = "system:serviceaccount:default:app";
const KEY = { id: "AKIABENCHBENCHBENCH1", secret: "a secret key of the usual forty letters." };

/** Secrets Manager over its JSON protocol: one role a mount, one signed read an object. */
export const aws: StoreBench = {
  name: "aws",
  fakeFlags: ["--access-key-id", KEY.id, "--secret-access-key", KEY.secret],
  seed: { secrets: { [REGION]: { s: "a value of ordinary length" } } },
  reader: async (url) => () => signed(url, "GetSecretValue", { SecretId: "s" }),
  emulator: async (scope) => {
    if (spawnSync("moto_server", ["--help"]).status !== 0) return undefined;
    const moto = await startMoto();
    scope.defer("moto", () => moto.stop());
    const { url, pid } = moto;
    const body = JSON.stringify({
      Name: "s",
      SecretString: "a value of ordinary length",
      ClientRequestToken: "0".repeat(32),
    });
    const answer = await fetch(url, { method: "POST", headers: headersOf(url, "CreateSecret", body), body });
    if (!answer.ok) throw new Error(`moto takes no secret: ${await answer.text()}`);
    return { name: "moto", url, pid, request: () => signed(url, "GetSecretValue", { SecretId: "s" }) };
  },
  mounts: async (clock, scope) => {
    const program = fileURLToPath(new URL("./aws-store.ts", import.meta.url));
    const store = bound(fork(program, [REGION, SUBJECT, "30"], { detached: true }));
    scope.defer("store", () => void store.kill("SIGKILL"));
    const [facts] = (await once(store, "message")) as [AwsStoreFacts];
    const key = signingKeyOf(facts.keyPem);
    const provider = scope.use(
      new AwsProvider({
        clock,
        log: silentLog,
        qps: 0,
        kubeConfig: { server: facts.kubernetesUrl, caPem: "", credentials: { kind: "none" } },
        caPem: facts.caPem,
        dialer: createDialer({
          resolvers: [
            loopbackResolver,
            async (host) => (host.endsWith(".amazonaws.com") ? { host: "127.0.0.1", port: facts.port } : undefined),
          ],
        }),
      }),
    );
    return {
      delay: async (ms) => {
        store.send(ms);
        await once(store, "message");
      },
      mount: async (count) => {
        const exp = Math.floor(clock.wall() / 1000) + 600;
        const token = signJwt({ iss: facts.issuerUrl, sub: SUBJECT, aud: ["sts.amazonaws.com"], exp }, key);
        const objects = Array.from(
          { length: count },
          (_, at) => `- {objectName: s${at}, objectType: secretsmanager}\n`,
        );
        await provider.mount(
          {
            attributes: JSON.stringify({
              "csi.storage.k8s.io/pod.name": "p",
              "csi.storage.k8s.io/pod.namespace": "default",
              "csi.storage.k8s.io/serviceAccount.name": "app",
              "csi.storage.k8s.io/serviceAccount.tokens": JSON.stringify({ "sts.amazonaws.com": { token } }),
              region: REGION,
              objects: objects.join(""),
            }),
            secrets: "{}",
            permission: "420",
            targetPath: "/t",
            currentVersions: new Map(),
          },
          { signal: new AbortController().signal, log: silentLog },
        );
      },
    };
  },
};

function signed(url: URL, operation: string, input: object): Buffer {
  const body = JSON.stringify(input);
  return requestBytes(url, "POST /", headersOf(url, operation, body), body);
}

/** Signature Version 4, by hand: it is made once a second and read at every request. */
function headersOf(url: URL, operation: string, body: string): Record<string, string> {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${stamp.slice(0, 8)}/${REGION}/secretsmanager/aws4_request`;
  const target = `secretsmanager.${operation}`;
  const canonical = `POST\n/\n\nhost:${url.host}\nx-amz-date:${stamp}\nx-amz-target:${target}\n\nhost;x-amz-date;x-amz-target\n${hash(body)}`;
  const key = scope.split("/").reduce<Buffer | string>(hmac, `AWS4${KEY.secret}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash(canonical)}`).toString("hex");
  return {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-date": stamp,
    "x-amz-target": target,
    authorization: `AWS4-HMAC-SHA256 Credential=${KEY.id}/${scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${signature}`,
  };
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text).digest();
