import { Scope } from "../../../core/index.ts";
import { createDialer, type Dialer, type Resolver } from "../../../net/index.ts";
import type { NetworkNamespace } from "./namespace.ts";
import { startRelay } from "./relay.ts";

/** What programs dial by the names of the outside world. */
const PORTS = [443, 80];
/** Where programs ask a cloud who they are; no name leads there. EKS Pod Identity has the second one. */
const METADATA = ["169.254.169.254", "169.254.170.23"];
/** Addresses that stand for names begin with 198.18.0.1: the network is nobody's on the internet (RFC 2544). */
const FIRST = 1;

/** Stands for the names and addresses beyond the cluster that its resolvers know; nothing else is reached. */
export class Outside implements AsyncDisposable {
  readonly #router: NetworkNamespace;
  readonly #resolvers: readonly Resolver[];
  readonly #dial: Dialer;
  readonly #addresses = new Map<string, Promise<string | undefined>>();
  readonly #scope: Scope;
  #next = FIRST;

  private constructor(router: NetworkNamespace, resolvers: readonly Resolver[], scope: Scope) {
    this.#router = router;
    this.#resolvers = resolvers;
    this.#dial = createDialer({ resolvers });
    this.#scope = scope;
  }

  static async start(router: NetworkNamespace, resolvers: readonly Resolver[]): Promise<Outside> {
    return await Scope.run("outside of the cluster", async (scope) => {
      const outside = new Outside(router, resolvers, scope);
      for (const address of METADATA) await outside.#listen(address, 80, address);
      return outside;
    });
  }

  /** The address that stands for a name; undefined for a name that nobody knows. */
  async addressOf(name: string): Promise<string | undefined> {
    const known = this.#addresses.get(name);
    if (known !== undefined) return await known;
    const found = this.#open(name);
    this.#addresses.set(name, found);
    const address = await found.catch(() => undefined);
    // Who is unknown today may be known tomorrow.
    if (address === undefined) this.#addresses.delete(name);
    return address;
  }

  /** A connection to an address of the outside. */
  get reach(): Dialer {
    return this.#dial;
  }

  async #open(name: string): Promise<string | undefined> {
    const ports = await this.#portsOf(name);
    if (ports.length === 0) return undefined;
    const number = this.#next++;
    const address = `198.${18 + (number >> 16)}.${(number >> 8) & 0xff}.${number & 0xff}`;
    for (const port of ports) await this.#listen(address, port, name);
    return address;
  }

  /** At which of the usual ports a resolver leads a name somewhere. */
  async #portsOf(name: string): Promise<readonly number[]> {
    const found: number[] = [];
    for (const port of PORTS)
      for (const resolve of this.#resolvers)
        if ((await resolve(name, port).catch(() => undefined)) !== undefined && !found.includes(port)) found.push(port);
    return found;
  }

  async #listen(address: string, port: number, name: string): Promise<void> {
    this.#scope.use(await startRelay(this.#router, address, port, () => this.#dial(name, port)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }
}
