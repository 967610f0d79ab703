import { Scope, seconds, seededRandom, silentLog, VirtualClock } from "../../../../core/index.ts";
import { createKubeClient } from "../../../../kube/create-client.ts";
import { createDialer, createHttpClient, type HttpClient, type HttpResponse } from "../../../../net/index.ts";
import { type KubeProtoCodec, loadKubeProto } from "../../../../wire/kubeproto/index.ts";
import { startControllers } from "../../controllers/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "../index.ts";
import { type Comparison, compareAnswers } from "./compare.ts";
import type { Body, Exchange, Step } from "./recording.ts";

/**
 * Sends what real clients sent, with controllers beside the server as there were, and compares every answer with the
 * recorded one. Uids, versions and tokens that the recorded answers named are those that this server gave.
 */
export async function replay(steps: readonly Step[]): Promise<Comparison[]> {
  return await Scope.run("replay", async (scope) => {
    await using _lifetime = scope;
    const clock = new VirtualClock(Date.parse("2026-11-23T21:38:00Z"));
    const random = seededRandom(7);
    const api = scope.use(
      await new EmbeddedApiServer({ clock, random, kubelets: createDialer({ resolvers: [] }) }).start(),
    );
    const config = api.tokenConfig("kcm", { name: "system:kube-controller-manager", groups: ["system:masters"] });
    const client = scope.use(createKubeClient({ ...config, userAgent: "kube-controller-manager" }, { clock }));
    scope.use(await startControllers({ client, clock, log: silentLog, random, scheduler: false }));
    api.tokenConfig("admin", { name: "admin", uid: "admin-uid", groups: ["system:masters"] });
    const http = scope.use(createHttpClient({ clock, caPem: api.caPem }));
    const conversation = new Conversation(api, http, await loadKubeProto());
    const found: Comparison[] = [];
    for (const { command, exchanges } of steps) {
      // A step of kubectl takes its while; controllers have then done what they do.
      for (const [, pause = "1"] of command.matchAll(/sleep ([\d.]+)/g)) await clock.advance(Number(pause) * 1000);
      for (const exchange of exchanges) {
        found.push(await conversation.repeat(exchange, command));
        await clock.advance(seconds(0.2));
      }
      await clock.advance(seconds(0.3));
    }
    return found;
  });
}

class Conversation {
  readonly #api: RunningApiServer;
  readonly #http: HttpClient;
  readonly #codec: KubeProtoCodec;
  /** Placeholders of the recording and what stands for them here. */
  readonly #known = new Map<string, string>();

  constructor(api: RunningApiServer, http: HttpClient, codec: KubeProtoCodec) {
    this.#api = api;
    this.#http = http;
    this.#codec = codec;
  }

  async repeat(exchange: Exchange, command: string): Promise<Comparison> {
    const bearer = /Bearer wrong/.test(command)
      ? "wrong"
      : /Bearer \$T/.test(command) && exchange.method === "GET"
        ? this.#known.get("<jwt>")
        : "admin";
    const response = await this.#http.request({
      method: exchange.method,
      url: `${this.#api.url}${encodeURI(this.#filled(exchange.url))}`,
      headers: {
        ...exchange.headers,
        authorization: `Bearer ${bearer}`,
        "user-agent": exchange.headers["accept"] === "*/*" ? "curl/8" : "kubectl/v1.35.2",
        ...(exchange.impersonate !== undefined && { "impersonate-user": exchange.impersonate }),
        ...(/--as-group devs/.test(command) && { "impersonate-group": "devs" }),
      },
      ...(exchange.body !== undefined && { body: this.#bytes(exchange.body) }),
    });
    const wanted = this.#read(exchange.answer);
    const got = this.#readResponse(response);
    this.#learn(wanted, got);
    const warning = response.headers["warning"] ?? "";
    return compareAnswers(exchange, wanted, {
      status: response.status,
      warning: Array.isArray(warning) ? warning.join(", ") : warning,
      body: got,
    });
  }

  #filled(text: string): string {
    return text.replace(/<(uid|rv|jwt|time)(:\d+)?>/g, (placeholder, kind: string) => {
      if (kind === "time") return "2026-01-01T00:00:00.000000Z";
      // A version that no answer named is an old one.
      return (
        this.#known.get(placeholder) ??
        (kind === "uid" ? "11111111-1111-1111-1111-111111111111" : placeholder.includes("99999") ? "99999999999" : "1")
      );
    });
  }

  #bytes({ base64, json, text }: Body): string | Uint8Array {
    if (base64 !== undefined) return Buffer.from(base64, "base64");
    return this.#filled(text ?? JSON.stringify(json));
  }

  #read(body: Body | undefined): unknown {
    if (body?.base64 !== undefined) return this.#codec.decode(Buffer.from(body.base64, "base64"));
    return body?.json ?? body?.text;
  }

  #readResponse({ body, headers }: HttpResponse): unknown {
    const type = String(headers["content-type"] ?? "");
    if (body.length === 0) return undefined;
    if (type.startsWith("application/vnd.kubernetes.protobuf")) return this.#codec.decode(body);
    return type.includes("json") ? JSON.parse(body.toString("utf8")) : body.toString("utf8");
  }

  /** Walks both answers side by side and remembers what stands where a placeholder stood. */
  #learn(wanted: unknown, got: unknown): void {
    if (typeof wanted === "string" && typeof got === "string") {
      if (/^<(uid|rv):\d+>$|^<jwt>$/.test(wanted)) this.#known.set(wanted, got);
      if (/^eyJ/.test(got)) this.#known.set("<jwt>", got);
    } else if (typeof wanted === "object" && typeof got === "object" && wanted !== null && got !== null)
      for (const [key, inner] of Object.entries(wanted)) this.#learn(inner, (got as Record<string, unknown>)[key]);
  }
}
