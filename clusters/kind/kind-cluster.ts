import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MountproofError, messageOf, Scope } from "../../core/index.ts";
import type { Commands } from "./commands.ts";
import { contextOf, kindConfig, linesOf, NODE_PORTS } from "./manifests.ts";

/** An image of this project: made from a part's bundle and a Dockerfile. */
export type KindImage = { readonly part: string; readonly dockerfile: string; readonly tag: string };

export type KindSpec = {
  readonly commands: Commands;
  readonly name: string;
  /** A node image, or a version of Kubernetes such as `1.34`; kind's own choice when left out. */
  readonly image?: string;
  /** Take the cluster of this name that is there, and leave it there. */
  readonly reuse?: boolean;
  /** Leave the cluster there at the end. */
  readonly keep?: boolean;
  readonly images: readonly KindImage[];
  /** What they are built from, in place of the one that their Dockerfiles name: it has Node. */
  readonly base?: string;
  /** Other images that pods will name: those that Docker has here come along, the rest is the node's to pull. */
  readonly others?: readonly string[];
  /** The run's folder, and who takes the cluster away should the run die without a word. */
  readonly lifetime?: { readonly folder: string; atDeath(line: string): void };
  /** Told what is going on: each step takes a while. */
  readonly say: (what: string) => void;
  readonly signal: AbortSignal;
};

export interface RunningKind extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly context: string;
  /** Where this machine reaches the stores' ports of the node. */
  readonly urls: Readonly<Record<keyof typeof NODE_PORTS, string>>;
  /** Keeps the nodes' logs in a folder, for a run that failed. */
  exportLogs(folder: string): Promise<void>;
}

const WAIT = "120s";

/**
 * A kind cluster with this project's images in it.
 * @throws MountproofError `environment` with what kind or Docker said, `already_exists` for a cluster of that name that
 * is left over; in either case, and when the signal aborts, what was begun is taken away again
 */
export class KindCluster {
  readonly #spec: KindSpec;

  constructor(spec: KindSpec) {
    this.#spec = spec;
  }

  async start(): Promise<RunningKind> {
    return await Scope.run("kind cluster", (scope) => this.#start(scope));
  }

  async #start(scope: Scope): Promise<RunningKind> {
    const { commands, name, keep, images, say, lifetime } = this.#spec;
    const folder = lifetime?.folder ?? (await ownFolder(scope));
    const kubeconfig = join(folder, "kubeconfig");
    const isThere = linesOf(await this.#run("kind", ["get", "clusters"])).includes(name);
    if (isThere && this.#spec.reuse !== true)
      throw new MountproofError("already_exists", {
        message: `a kind cluster "${name}" is left over from an earlier run`,
        hint: `kind delete cluster --name ${name} removes it; --reuse runs in it`,
        culprit: { cluster: name },
      });
    if (isThere) {
      say(`using the kind cluster "${name}" that is there`);
      await this.#run("kind", ["export", "kubeconfig", "--name", name, "--kubeconfig", kubeconfig]);
    } else {
      // Registered first: an interrupted create leaves a node behind.
      if (keep !== true && this.#spec.reuse !== true) {
        lifetime?.atDeath(`kind delete cluster --name ${name}`);
        scope.defer("kind cluster", async () => {
          say(`deleting the kind cluster "${name}"`);
          await commands.run("kind", ["delete", "cluster", "--name", name]);
          lifetime?.atDeath("");
        });
      }
      await this.#create(folder, kubeconfig);
    }
    for (const image of images) await this.#build(image, folder);
    await this.#load();
    const node = linesOf(await this.#run("kind", ["get", "nodes", "--name", name]))[0] ?? `${name}-control-plane`;
    const urls = await this.#urls(node);
    return {
      kubeconfig,
      context: contextOf(await readFile(kubeconfig, "utf8")) || `kind-${name}`,
      urls,
      exportLogs: async (into) => {
        await commands.run("kind", ["export", "logs", into, "--name", name]).catch((error: unknown) => {
          say(`the nodes' logs could not be kept: ${messageOf(error)}`);
        });
      },
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  }

  /** @throws MountproofError `environment` for a kept cluster whose node has other ports */
  async #urls(node: string): Promise<RunningKind["urls"]> {
    const lines = linesOf(await this.#run("docker", ["port", node]));
    const found = Object.entries(NODE_PORTS).map(([store, port]) => {
      const address = lines.find((line) => line.startsWith(`${port}/tcp -> `))?.split(" -> ")[1];
      if (address === undefined)
        throw new MountproofError("environment", {
          message: `the node "${node}" does not lead its port ${port} (${store}) to this machine`,
          hint: `kind delete cluster --name ${this.#spec.name}, and make it anew: another version made this one`,
          culprit: { node },
        });
      return [store, `http://${address}`] as const;
    });
    return Object.fromEntries(found) as RunningKind["urls"];
  }

  async #create(folder: string, kubeconfig: string): Promise<void> {
    const { name, image, say } = this.#spec;
    const config = join(folder, "kind.yaml");
    await writeFile(config, kindConfig());
    say(`creating the kind cluster "${name}"${image === undefined ? "" : ` of ${nodeImage(image)}`}`);
    await this.#run("kind", [
      ...["create", "cluster", "--name", name, "--kubeconfig", kubeconfig, "--config", config, "--wait", WAIT],
      ...(image === undefined ? [] : ["--image", nodeImage(image)]),
    ]);
  }

  async #build({ part, dockerfile, tag }: KindImage, folder: string): Promise<void> {
    const { base, say } = this.#spec;
    say(`building ${tag}`);
    const context = join(folder, part);
    await this.#run(process.execPath, ["scripts/bundle.ts", part, context]);
    const from = base === undefined ? [] : ["--build-arg", `BASE=${base}`];
    await this.#run("docker", ["build", "--quiet", "--file", dockerfile, ...from, "--tag", tag, context]);
  }

  /** All at once: what the images share goes to the node once. */
  async #load(): Promise<void> {
    const { images, others = [], name, say } = this.#spec;
    const here = await Promise.all(others.map(async (image) => ((await this.#isHere(image)) ? [image] : [])));
    const all = [...images.map(({ tag }) => tag), ...here.flat()];
    say(`loading ${all.length} images into the cluster`);
    await this.#run("kind", ["load", "docker-image", ...all, "--name", name]);
  }

  async #isHere(image: string): Promise<boolean> {
    const found = linesOf(await this.#run("docker", ["image", "ls", "--quiet", image]));
    return found.length > 0;
  }

  async #run(file: string, args: readonly string[]): Promise<string> {
    return await this.#spec.commands.run(file, args, { signal: this.#spec.signal });
  }
}

async function ownFolder(scope: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mountproof-kind-"));
  scope.defer("folder of kind", () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** `1.34` is `kindest/node:v1.34.0`; an image's own name is itself. Pure. */
export function nodeImage(wish: string): string {
  const [, version, patch] = /^v?(\d+\.\d+)(\.\d+)?$/.exec(wish) ?? [];
  return version === undefined ? wish : `kindest/node:v${version}${patch ?? ".0"}`;
}
