import { join } from "node:path";
import { type Clock, MountproofError, seconds } from "../../core/index.ts";
import { Health } from "../../wire/gen/health_pb.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { type BoundService, type RunningGrpcServer, service, startGrpcServer } from "../../wire/grpc/index.ts";
import type { Store } from "../subjects/store.ts";
import type {
  ProviderInputs,
  ProviderSubject,
  RunningProvider,
  StoreProviderInProcess,
  SubjectPlace,
} from "../subjects/subject.ts";
import { alwaysError, alwaysOk, everyMethod, hangs, type NullHandler } from "./behaviours.ts";

/**
 * Providers that do nothing worth having (design, rule 6). A must-case that all of them pass proves nothing.
 */
export function nullProviders(): readonly ProviderSubject[] {
  return [
    nullProvider("always-error", "answers everything with an error", every(alwaysError)),
    nullProvider("always-ok", "answers everything with an empty OK", every(alwaysOk)),
    nullProvider("hangs", "takes calls and never answers", every(hangs)),
    nullProvider("echo", "answers with what it was asked", echo),
    { ...nullProvider("never-listens", "starts, and never listens", every(alwaysOk)), start: neverListens },
  ];
}

/** The same before a store's fake: they read nothing there. */
export function nullStoreProviders(store: Store): readonly StoreProviderInProcess[] {
  const behaviours: readonly [string, string, () => BoundService[]][] = [
    [
      "always-error",
      "answers everything with an error",
      () => [every(alwaysError)(), everyMethod(Health, alwaysError)],
    ],
    ["always-ok", "answers everything with an empty OK", () => [every(alwaysOk)(), everyMethod(Health, alwaysOk)]],
    ["hangs", "takes calls and never answers", () => [every(hangs)(), everyMethod(Health, hangs)]],
    ["echo", "answers with what it was asked", () => [echo(), everyMethod(Health, alwaysOk)]],
  ];
  return behaviours.map(([id, title, serve]) => ({
    kind: "store-provider",
    id: `null-${id}`,
    title: `a provider that ${title}`,
    store,
    start: ({ clock, socketPath }) =>
      startGrpcServer({ clock, name: "null provider", listen: { path: socketPath }, services: serve() }),
    // It ends well and has done nothing.
    command: [process.execPath, "-e", ""],
  }));
}

const every = (handle: NullHandler) => (): BoundService => everyMethod(CSIDriverProvider, handle);

const echo = (): BoundService =>
  service(CSIDriverProvider, {
    version: ({ version }) => ({ version, runtimeName: version, runtimeVersion: version }),
    mount: (request) => ({
      objectVersion: [{ id: "request", version: request.permission }],
      files: [
        { path: "attributes", mode: Number(request.permission), contents: Buffer.from(request.attributes) },
        { path: "secrets", mode: Number(request.permission), contents: Buffer.from(request.secrets) },
        {
          path: "versions",
          mode: Number(request.permission),
          contents: Buffer.from(request.currentObjectVersion.map(({ id, version }) => `${id}=${version}`).join()),
        },
      ],
    }),
  });

/** All inputs are there, so that every case runs. */
const INPUTS: ProviderInputs = {
  parameters: [{ objects: "first" }, { objects: "second" }],
  missing: { objects: "absent" },
  rotate: async () => {},
  secretValues: { values: ["what the store holds"], byPath: new Map() },
};

function nullProvider(id: string, title: string, serve: () => BoundService): ProviderSubject {
  return {
    kind: "provider",
    id: `null-${id}`,
    title: `a provider that ${title}`,
    lifetime: "case",
    isProgram: true,
    inputs: INPUTS,
    start: async ({ clock, folder }) => {
      const provider = new InProcessProvider(clock, folder, serve);
      await provider.restart();
      return provider;
    },
  };
}

async function neverListens({ clock }: SubjectPlace): Promise<never> {
  await clock.sleep(seconds(5));
  throw new MountproofError("subject_failed", { message: "the provider did not answer within 5 s" });
}

class InProcessProvider implements RunningProvider {
  readonly socketPath: string;
  readonly socketFolder: string;
  readonly #clock: Clock;
  readonly #serve: () => BoundService;
  #server: RunningGrpcServer | undefined;

  constructor(clock: Clock, folder: string, serve: () => BoundService) {
    this.#clock = clock;
    this.socketFolder = folder;
    this.socketPath = join(folder, "null.sock");
    this.#serve = serve;
  }

  async kill(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#server = await startGrpcServer({
      clock: this.#clock,
      name: "null provider",
      listen: { path: this.socketPath },
      services: [this.#serve()],
    });
  }

  ended(): string | undefined {
    return this.#server === undefined ? "a kill" : undefined;
  }

  logTail(): readonly string[] {
    return [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
