import { type Clock, MountproofError, type Scope, seconds } from "../../core/index.ts";
import { createDialer, createHttpClient, type HttpClient } from "../../net/index.ts";

/** A key and what is stored there, both in base64 as etcd's JSON gateway has them. */
export type EtcdEntry = {
  readonly key: string;
  readonly value: string;
  /** Revision of its last change; grows with every write to the store. */
  readonly revision: string;
};

const DEADLINE_MS = seconds(10);
const PREFIX = "/registry/";

/** An etcd behind a Unix socket, asked over its JSON gateway (etcd's `api/etcdserverpb/rpc.proto`). */
export class Etcd {
  readonly #http: HttpClient;

  constructor(socket: string, clock: Clock, scope: Scope) {
    const dialer = createDialer({ resolvers: [async () => ({ path: socket })] });
    this.#http = scope.use(createHttpClient({ clock, dialer }));
  }

  async isHealthy(): Promise<boolean> {
    return (await this.#http.request({ method: "GET", url: "http://etcd/health" })).status === 200;
  }

  /** All that kube-apiserver keeps. @throws MountproofError `environment` when etcd refuses */
  async entries(): Promise<EtcdEntry[]> {
    const answer = await this.#call("range", { key: base64(PREFIX), range_end: base64(endOf(PREFIX)) });
    const kvs = (answer["kvs"] ?? []) as readonly { key: string; value?: string; mod_revision: string }[];
    return kvs.map(({ key, value = "", mod_revision: revision }) => ({ key, value, revision }));
  }

  /** The revision that the write has. @throws MountproofError `environment` when etcd refuses */
  async put({ key, value }: Pick<EtcdEntry, "key" | "value">): Promise<string> {
    const { header } = await this.#call("put", { key, value });
    return String((header as { revision?: unknown } | undefined)?.revision);
  }

  /** @throws MountproofError `environment` when etcd refuses */
  async delete(key: string): Promise<void> {
    await this.#call("deleterange", { key });
  }

  async #call(method: string, body: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
    const answer = await this.#http.request({
      method: "POST",
      url: `http://etcd/v3/kv/${method}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      deadlineMs: DEADLINE_MS,
    });
    const text = answer.body.toString("utf8");
    if (answer.status !== 200)
      throw new MountproofError("environment", {
        message: `etcd answered ${method} with ${answer.status}: ${text.slice(0, 200)}`,
      });
    return JSON.parse(text) as Record<string, unknown>;
  }
}

/** A key as text: `/registry/pods/default/app`. */
export function keyText(key: string): string {
  return Buffer.from(key, "base64").toString("utf8");
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** The first key behind all that begin with the prefix. */
function endOf(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}
