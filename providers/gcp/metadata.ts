import { type Clock, messageOf, type Random, waiting } from "../../core/index.ts";
import type { HttpClient } from "../../net/index.ts";
import { networkFailure } from "../kit/index.ts";
import { DEFAULTS } from "./spec.ts";

const ROOT = "/computeMetadata/v1/";
const MAX_RETRIES = 5;
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 30_000;

export type MetadataOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  /** `host` or `host:port`; the link-local address when empty. */
  readonly host: string;
};

/** The metadata server of Google's machines, as Google's client library asks it: up to five retries. */
export class Metadata {
  readonly #options: MetadataOptions;
  #projectId: string | undefined;

  constructor(options: MetadataOptions) {
    this.#options = options;
  }

  /** Told where it is, it is taken to be there; else it is asked. */
  async isThere(signal: AbortSignal): Promise<boolean> {
    if (this.#options.host !== "") return true;
    try {
      const { headers } = await this.#send("", signal);
      return headers["metadata-flavor"] === "Google";
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }

  /** Read once in the provider's life. */
  async projectId(signal: AbortSignal): Promise<string> {
    this.#projectId ??= (await this.get("project/project-id", signal)).trim();
    return this.#projectId;
  }

  /** @throws Error in the library's words */
  async get(path: string, signal: AbortSignal): Promise<string> {
    const { clock, random, host } = this.#options;
    for (let attempt = 0; ; attempt++) {
      let failure: string;
      let isWorthAnother = true;
      try {
        const { status, body } = await this.#send(`${ROOT}${path}`, signal);
        const text = body.toString("utf8");
        if (status === 200) return text;
        if (status === 404) throw new Error(`metadata: GCE metadata ${JSON.stringify(path)} not defined`);
        failure = `compute: Received ${status} \`${text}\``;
        isWorthAnother = status >= 500 || status === 429;
      } catch (error) {
        if (signal.aborted || !isUnanswered(error)) throw error;
        const [name = "", port = "80"] = (host || DEFAULTS.metadataHost).split(":");
        failure = `Get ${JSON.stringify(`http://${host || DEFAULTS.metadataHost}${ROOT}${path}`)}: ${networkFailure(error, { host: name, port: Number(port) }).text}`;
      }
      if (!isWorthAnother || attempt >= MAX_RETRIES) throw new Error(failure);
      const wait = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * random.next();
      await waiting(clock, "the metadata server is asked again", () => clock.sleep(wait, { signal }));
    }
  }

  async #send(path: string, signal: AbortSignal) {
    const { http, host } = this.#options;
    return await http.request({
      method: "GET",
      url: `http://${host || DEFAULTS.metadataHost}${path}`,
      headers: { "metadata-flavor": "Google", "user-agent": "gcloud-golang/0.1" },
      signal,
    });
  }
}

/** No answer came, as opposed to one that says no. */
function isUnanswered(error: unknown): boolean {
  return !/^metadata: /.test(messageOf(error));
}
