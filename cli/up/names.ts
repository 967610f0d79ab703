import type { Resolver, Route } from "../../net/index.ts";

/** The names that pods of this cluster know: those of the stores that run here, and of the outside world they stand for. */
export class Names {
  readonly #routes = new Map<string, Route>();

  /** @param host `vault.vault.svc`, `vault.vault.svc:8200`, or with a leading star for all names that end so */
  lead(host: string, to: Route): void {
    this.#routes.set(host, to);
  }

  find(host: string, port: number): Route | undefined {
    const exact = this.#routes.get(`${host}:${port}`) ?? this.#routes.get(host);
    if (exact !== undefined) return exact;
    for (let at = host.indexOf("."); at >= 0; at = host.indexOf(".", at + 1)) {
      const found = this.#routes.get(`*${host.slice(at)}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  readonly resolver: Resolver = async (host, port) => this.find(host, port);
}
