import { join } from "node:path";
import { type Clock, type Log, minutes, type Random } from "../../../core/index.ts";
import { type Provider, startProvider } from "../../../providers/kit/index.ts";
import type { Store } from "../../../suite/index.ts";
import { spoilt } from "../../../suite/spoilt-providers/spoil.ts";
import { CSIDriverProvider, type VersionResponse } from "../../../wire/gen/provider_pb.ts";
import { type GrpcClient, GrpcError, grpcClient } from "../../../wire/grpc/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { type StoreProviderPlace, startInProcess, startStoreProvider, storeProgram } from "./program.ts";

/** Kubelet gives a publish two minutes; what waits longer has no answer. */
const DEADLINE_MS = minutes(2);
/** A little more, for what an answer that came in time still has to do. */
const PATIENCE_MS = DEADLINE_MS + minutes(1);

export type ObjectVersion = { readonly id: string; readonly version: string };
export type VolumeFile = { readonly path: string; readonly mode: number; readonly contents: Buffer };

/** What the driver is told by one mount. */
export type StoreOutcome = {
  /** `OK`, or the gRPC code's name. */
  readonly code: string;
  readonly message: string;
  readonly statusDetails: Uint8Array | undefined;
  readonly files: readonly VolumeFile[];
  readonly versions: readonly ObjectVersion[];
  /** On the scenario's clock. */
  readonly tookMs: number;
};

export const NOTHING_MOUNTED: StoreOutcome = {
  code: "none",
  message: "nothing was mounted",
  statusDetails: undefined,
  files: [],
  versions: [],
  tookMs: 0,
};

export type MountCall = {
  readonly attributes: string;
  readonly secrets: string;
  readonly permission: string;
  readonly targetPath: string;
  readonly currentObjectVersion: readonly ObjectVersion[];
};

/** What every provider of ours is built from. */
export type ProviderParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly behaviour: "hardened" | "upstream";
};

export type ProgramNeeds = Omit<StoreProviderPlace, "socket">;

export type ProviderMaking = {
  readonly store: Store;
  /** Ours, to be served in this process. */
  readonly ours: (parts: ProviderParts) => Promise<Provider>;
  /** What the program that the run was given needs in its place. */
  readonly program: () => Promise<ProgramNeeds>;
  /** Serve gRPC's health check beside it. */
  readonly health?: boolean;
};

/** A store's provider on its socket, called as the driver calls it. It starts with the first call and ends with the scenario. */
export class ProviderUnderTest {
  readonly #world: MountproofWorld;
  readonly #making: ProviderMaking;
  #socket: Promise<string> | undefined;
  #client: Promise<GrpcClient<typeof CSIDriverProvider>> | undefined;
  #version: VersionResponse | undefined;
  /** Every refusal's text: it would reach the pod's events. */
  readonly #refusals: string[] = [];

  constructor(world: MountproofWorld, making: ProviderMaking) {
    this.#world = world;
    this.#making = making;
    world.exposes(`messages of the ${making.store} provider`, () => this.#refusals.join("\n"));
  }

  /** Started by the first that asks, with what the scenario gave it until then. */
  socket(): Promise<string> {
    this.#socket ??= this.#serve();
    return this.#socket;
  }

  client(): Promise<GrpcClient<typeof CSIDriverProvider>> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  /** One answer, or one refusal; all else is thrown. */
  async mount(request: MountCall): Promise<StoreOutcome> {
    const { clock } = this.#world;
    const client = await this.client();
    const began = clock.now();
    try {
      const call = client.mount({ ...request, currentObjectVersion: [...request.currentObjectVersion] }, LIMIT);
      const { files, objectVersion } = await this.#world.settle(call, PATIENCE_MS);
      return {
        code: "OK",
        message: "",
        statusDetails: undefined,
        files: files.map(({ path, mode, contents }) => ({ path, mode, contents: Buffer.from(contents) })),
        versions: objectVersion.map(({ id, version }) => ({ id, version })),
        tookMs: clock.now() - began,
      };
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      const { codeName: code, details: message, statusDetails } = error;
      this.#refusals.push(message);
      return { ...NOTHING_MOUNTED, code, message, statusDetails, tookMs: clock.now() - began };
    }
  }

  async askVersion(): Promise<void> {
    const client = await this.client();
    this.#version = await this.#world.settle(client.version({ version: "v1alpha1" }, LIMIT), PATIENCE_MS);
  }

  get version(): VersionResponse {
    if (this.#version === undefined) throw new Error("nobody asked for the version");
    return this.#version;
  }

  async #connect(): Promise<GrpcClient<typeof CSIDriverProvider>> {
    const { clock, scope } = this.#world;
    const client = grpcClient(CSIDriverProvider, { clock, target: { path: await this.socket() } });
    scope.defer("connection to the provider", () => client.close());
    return client;
  }

  async #serve(): Promise<string> {
    const world = this.#world;
    const { clock, logger: log, scope, journal, pass } = world;
    const { store, ours, program, health = false } = this.#making;
    const socket = join(await world.folder(), `${store}.sock`);
    if (await startInProcess(world, socket)) return socket;
    const given = storeProgram(pass.subject);
    if (given !== undefined) {
      await startStoreProvider(world, given, { socket, ...(await program()) });
      return socket;
    }
    const behaviour = pass.behaviour === "hardened" ? "hardened" : "upstream";
    const made = await ours({ clock, log, random: pass.random, behaviour });
    const spoiler = pass.subject.kind === "reference" ? pass.subject.providerSpoiler : undefined;
    const provider = spoiler === undefined ? made : spoilt(made, spoiler);
    scope.use(await startProvider({ clock, log, journal, endpoint: socket, provider, health }));
    return socket;
  }
}

const LIMIT = { deadlineMs: DEADLINE_MS };

/** Canaries behind names, each the same whenever it is asked for. */
export class NamedValues {
  readonly #world: MountproofWorld;
  readonly byName = new Map<string, string>();

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  of(name: string): string {
    const value = this.byName.get(name) ?? this.#world.canaries.create(name);
    this.byName.set(name, value);
    return value;
  }
}
