import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { MountproofError } from "../../../core/index.ts";
import { type MakeNamespace, type NetworkNamespace, openNamespaces } from "./namespace.ts";

/** Where a pod lives in the network. */
export interface PodPlace extends Disposable {
  readonly ip: string;
  readonly namespace: NetworkNamespace;
}

/** The network as one node sees it. */
export interface NodeNetwork {
  /** A place for a pod; with the node's own address, which its pods share, for one that is in the host's network. */
  attach(options: { readonly hostNetwork: boolean }): Promise<PodPlace>;
}

export interface PodNetwork extends Disposable {
  /** The node's own address comes from its kubelet, the addresses of its pods from its number. */
  node(index: number, address: string): NodeNetwork;
  /** The namespace through which all pods reach each other and everything else. */
  readonly router: NetworkNamespace;
  /** A connection to a pod or node, from the router. */
  connect(host: string, port: number): Promise<Socket>;
  /** Whether an address is a pod's or a node's. */
  holds(address: string): boolean;
}

/** Pods find it as their gateway, whatever their node. */
const GATEWAY = "10.244.0.1";
/** What the router answers for itself: Services, names of the outside, cloud metadata, the API server. */
const OWN = ["10.96.0.0/12", "198.18.0.0/15", "169.254.169.254/32", "169.254.170.23/32", "172.18.0.1/32"];
const FIRST_POD = 2;

/** Opens the run's network. @returns why there is none, where none can be had */
export async function openPodNetwork(program = "ip"): Promise<PodNetwork | { readonly refused: string }> {
  const make = await openNamespaces();
  if (typeof make !== "function") return make;
  const router = make();
  const configure: Configure = (namespace, commands) => run(program, namespace, commands);
  try {
    await configure(router, [
      "link set lo up",
      ...OWN.map((network) => `route add local ${network} dev lo`),
      // Tried here once, and kept for nobody: some kernels have no such devices.
      "link add trial type veth peer name other",
      "link del trial",
    ]);
    router.within(() => writeFileSync("/proc/sys/net/ipv4/ip_forward", "1"));
  } catch (error) {
    router[Symbol.dispose]();
    return { refused: (error as Error).message };
  }
  return new Routed(make, router, configure);
}

/** Commands of ip(8), in a namespace. */
type Configure = (namespace: NetworkNamespace, commands: readonly string[]) => Promise<void>;

class Routed implements PodNetwork {
  readonly router: NetworkNamespace;
  readonly #make: MakeNamespace;
  readonly #configure: Configure;
  readonly #addresses = new Set<string>();
  #links = 0;

  constructor(make: MakeNamespace, router: NetworkNamespace, configure: Configure) {
    this.#make = make;
    this.#configure = configure;
    this.router = router;
  }

  node(index: number, address: string): NodeNetwork {
    let next = FIRST_POD;
    let host: Promise<PodPlace> | undefined;
    return {
      attach: async ({ hostNetwork }) => {
        if (!hostNetwork) {
          const ip = `10.244.${(index * 4 + (next >> 8)) & 0xff}.${next & 0xff}`;
          next = next >= 1022 ? FIRST_POD : next + 1;
          return await this.#join(this.#addresses.has(ip) ? this.#free(index) : ip);
        }
        host ??= this.#join(address);
        const { ip, namespace } = await host;
        return { ip, namespace, [Symbol.dispose]: () => {} };
      },
    };
  }

  connect(host: string, port: number): Promise<Socket> {
    return this.router.connect(host, port);
  }

  holds(address: string): boolean {
    return this.#addresses.has(address);
  }

  [Symbol.dispose](): void {
    this.router[Symbol.dispose]();
  }

  #free(index: number): string {
    for (let number = FIRST_POD; number < 1023; number++) {
      const ip = `10.244.${(index * 4 + (number >> 8)) & 0xff}.${number & 0xff}`;
      if ((number & 0xff) !== 0 && !this.#addresses.has(ip)) return ip;
    }
    throw new MountproofError("resource_exhausted", { message: "no pod address is free on this node" });
  }

  /** A namespace with one address, whose other end is in the router. */
  async #join(ip: string): Promise<PodPlace> {
    this.#addresses.add(ip);
    const namespace = this.#make();
    const link = `veth${this.#links++}`;
    try {
      await this.#configure(this.router, [
        `link add ${link} type veth peer name eth0 netns ${namespace.path}`,
        `addr add ${GATEWAY}/32 dev ${link}`,
        `link set ${link} up`,
        `route add ${ip}/32 dev ${link}`,
      ]);
      await this.#configure(namespace, [
        "link set lo up",
        `addr add ${ip}/32 dev eth0`,
        "link set eth0 up",
        `route add ${GATEWAY} dev eth0 scope link`,
        `route add default via ${GATEWAY}`,
      ]);
    } catch (error) {
      namespace[Symbol.dispose]();
      this.#addresses.delete(ip);
      throw error;
    }
    return {
      ip,
      namespace,
      [Symbol.dispose]: () => {
        namespace[Symbol.dispose]();
        this.#addresses.delete(ip);
        // A process that outlives its pod would keep the link, and another pod may get the address.
        void this.#configure(this.router, [`link del ${link}`]).catch(() => undefined);
      },
    };
  }
}

function run(program: string, namespace: NetworkNamespace, commands: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = namespace.within(() => spawn(program, ["-batch", "-"], { stdio: ["pipe", "ignore", "pipe"] }));
    let complaint = "";
    child.stderr.on("data", (chunk) => {
      complaint += String(chunk);
    });
    child.stdin.on("error", () => undefined);
    child.once("error", () => reject(new Error(`the program "${program}" is missing`)));
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`ip: ${complaint.trim().split("\n")[0] ?? ""}`)),
    );
    child.stdin.end(`${commands.join("\n")}\n`);
  });
}
