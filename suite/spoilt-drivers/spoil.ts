import { Scope } from "../../core/index.ts";
import { Driver, type DriverSpec, type Mounter, openMounter, type RunningDriver } from "../../driver/index.ts";
import { createKubeClient, type KubeClient } from "../../kube/index.ts";
import {
  Controller,
  Identity,
  Node,
  type NodePublishVolumeRequest,
  type NodeUnpublishVolumeRequest,
} from "../../wire/gen/csi_pb.ts";
import {
  type AnyHandler,
  type BoundService,
  type CallOptions,
  grpcClient,
  type ServerCall,
  startGrpcServer,
} from "../../wire/grpc/index.ts";

/** What a spoiler has at hand: what a driver has, and its memory since the driver started. */
export type SpoiltPlace = {
  readonly spec: DriverSpec;
  readonly mounter: Mounter;
  /** The API server as the driver's account sees it. */
  readonly kube: KubeClient;
  readonly memory: Map<string, unknown>;
  readonly driver: RunningDriver;
};

type Change<Request> = (
  request: Request,
  ask: (request: Request) => Promise<object>,
  place: SpoiltPlace,
) => Promise<object>;

/** One way in which a driver can be wrong, put on from outside: the driver itself is as it should be. */
export type Spoiler = {
  readonly id: string;
  readonly title: string;
  /** The must-cases that notice. */
  readonly breaks: readonly string[];
  /** What it is started with. */
  readonly spec?: (spec: DriverSpec) => DriverSpec;
  /** Before it starts. */
  readonly starting?: (place: Omit<SpoiltPlace, "driver">) => void;
  readonly publish?: Change<NodePublishVolumeRequest>;
  readonly unpublish?: Change<NodeUnpublishVolumeRequest>;
  /** What calls without arguments answer instead, by name. */
  readonly answers?: Readonly<Record<string, object>>;
  readonly metrics?: (text: string) => string;
  /** Told to stop, it dies. */
  readonly diesOfDrain?: true;
};

/**
 * Starts a driver with a stand-in before it: kubelet speaks to the stand-in, and it to the driver.
 * @throws what the driver's start throws
 */
export async function startSpoilt(given: DriverSpec, spoiler: Spoiler): Promise<RunningDriver> {
  const scope = new Scope("spoilt driver");
  try {
    return await start(spoiler.spec?.(given) ?? given, spoiler, scope);
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function start(spec: DriverSpec, spoiler: Spoiler, scope: Scope): Promise<RunningDriver> {
  const { clock } = spec;
  const path = spec.endpoint.replace("unix://", "");
  const behind = `${path}.d`;
  const kube = scope.use(createKubeClient(spec.kubeConfig, { clock, ...(spec.dialer && { dialer: spec.dialer }) }));
  const early = { spec, kube, mounter: spec.mounter ?? (await openMounter(spec.log)), memory: new Map() };
  spoiler.starting?.(early);
  const driver = scope.use(await new Driver({ ...spec, endpoint: `unix://${behind}` }).start());
  const place: SpoiltPlace = { ...early, driver };
  const front = scope.use(
    await startGrpcServer({
      clock,
      name: "spoilt driver",
      listen: { path },
      services: [Identity, Controller, Node].map((descriptor): BoundService => {
        const client = grpcClient(descriptor, { clock, target: { path: behind } });
        scope.defer("connection to the driver behind", () => client.close());
        const handlers = descriptor.methods.map(({ localName }): [string, AnyHandler] => [
          localName,
          (request, call) => {
            const method = (client as unknown as Record<string, (request: object, options: CallOptions) => object>)[
              localName
            ];
            const ask = async (changed: object) => (await method?.(changed, passedOn(call))) ?? {};
            return spoilt(spoiler, localName, request, ask, place);
          },
        ]);
        return { descriptor, handlers: new Map(handlers) };
      }),
    }),
  );
  const end = () => scope[Symbol.asyncDispose]();
  const kill = async (): Promise<void> => {
    await driver.kill();
    await front.kill();
    await end();
  };
  return {
    ...driver,
    endpoint: spec.endpoint,
    metrics: {
      text: () => spoiler.metrics?.(driver.metrics.text()) ?? driver.metrics.text(),
      value: (name, labels) => driver.metrics.value(name, labels),
    },
    drain: async () => {
      if (spoiler.diesOfDrain === true) await kill();
      else await Promise.all([front.drain(), driver.drain()]);
    },
    kill,
    [Symbol.asyncDispose]: end,
  };
}

function spoilt(
  spoiler: Spoiler,
  method: string,
  request: object,
  ask: (request: object) => Promise<object>,
  place: SpoiltPlace,
): object | Promise<object> {
  if (method === "nodePublishVolume" && spoiler.publish !== undefined)
    return spoiler.publish(request as NodePublishVolumeRequest, ask, place);
  if (method === "nodeUnpublishVolume" && spoiler.unpublish !== undefined)
    return spoiler.unpublish(request as NodeUnpublishVolumeRequest, ask, place);
  return spoiler.answers?.[method] ?? ask(request);
}

function passedOn({ deadline, signal }: ServerCall): CallOptions {
  return { signal, ...(deadline !== undefined && { deadlineMs: deadline.remaining() }) };
}
