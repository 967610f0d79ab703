import { type Clock, type Digester, messageOf } from "../../../../core/index.ts";
import type { Journal } from "../../../../net/journal.ts";
import type { PluginInfo } from "../../../../wire/gen/registration_pb.ts";
import { CsiNodeClient } from "../csi-client.ts";
import type { NodeInfoWriter } from "./node-info.ts";
import type { PluginHandler } from "./plugin-registry.ts";
import { highestSupported, type Version, validatePlugin } from "./versions.ts";

type RegisteredDriver = { readonly version: Version; readonly node: CsiNodeClient };

export type CsiDriversSpec = {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly caller: string;
  readonly journal?: Journal;
  readonly digester: Digester;
  readonly nodeInfo: NodeInfoWriter;
  readonly signal: AbortSignal;
};

/** The CSI drivers that are registered on the node, and the steps of registering one. */
export class CsiDrivers implements PluginHandler {
  readonly #spec: CsiDriversSpec;
  readonly #drivers = new Map<string, RegisteredDriver>();

  constructor(spec: CsiDriversSpec) {
    this.#spec = spec;
  }

  client(name: string): CsiNodeClient | undefined {
    return this.#drivers.get(name)?.node;
  }

  validate({ name, supportedVersions }: PluginInfo, endpoint: string): string | undefined {
    const candidate = { name, endpoint, versions: supportedVersions };
    const verdict = validatePlugin(candidate, this.#drivers.get(name)?.version);
    return typeof verdict === "string" ? verdict : undefined;
  }

  /** @throws when the driver cannot be asked for its node, or the node's objects not written; it is forgotten then */
  async register({ name, supportedVersions }: PluginInfo, endpoint: string): Promise<void> {
    const { clock, timeoutMs, nodeInfo } = this.#spec;
    const version = highestSupported(supportedVersions);
    if (typeof version === "string") throw new Error(version);
    const node = await CsiNodeClient.open({ ...this.#spec, endpoint });
    this.#drivers.set(name, { version, node });
    const end = clock.now() + timeoutMs;
    try {
      const info = await node.getInfo({ remaining: () => Math.max(1, end - clock.now()) });
      if (info.nodeId === "")
        throw new Error(`error adding CSI driver node info: driver "${name}" has an empty nodeID`);
      const segments = info.accessibleTopology?.segments ?? {};
      await nodeInfo.install({ name, nodeId: info.nodeId, maxVolumes: Number(info.maxVolumesPerNode), segments });
    } catch (error) {
      await this.deregister(name).catch(() => undefined);
      throw new Error(messageOf(error), { cause: error });
    }
  }

  async deregister(name: string): Promise<void> {
    this.#drivers.delete(name);
    await this.#spec.nodeInfo.uninstall(name);
  }
}
