import { Controller, Identity, Node } from "../../wire/gen/csi_pb.ts";
import { type BoundService, service, startGrpcServer } from "../../wire/grpc/index.ts";
import type { DriverSubject } from "../subjects/subject.ts";
import { alwaysError, alwaysOk, everyMethod, hangs, type NullHandler } from "./behaviours.ts";

/**
 * Drivers that mount nothing and ask nobody (design, rule 6). A must-case that all of them pass proves nothing.
 */
export function nullDrivers(): readonly DriverSubject[] {
  return [
    // First: it fails nearly every case, and whoever asks only whether anything fails is soon done.
    nullDriver("always-error", "answers everything with an error", () => every(alwaysError)),
    nullDriver("always-ok", "answers everything with an empty OK", () => every(alwaysOk)),
    nullDriver("hangs", "takes calls and never answers", () => every(hangs)),
    nullDriver("echo", "answers with what it was asked", echo),
  ];
}

function every(handle: NullHandler): BoundService[] {
  return [Identity, Controller, Node].map((descriptor) => everyMethod(descriptor, handle));
}

/** Where a reply has room for what was asked, it stands there; the other replies are empty. */
function echo(): BoundService[] {
  const controller = service(Controller, {
    createVolume: ({ name, parameters, capacityRange }) => ({
      volume: { volumeId: name, volumeContext: parameters, capacityBytes: capacityRange?.requiredBytes ?? 0n },
    }),
    controllerPublishVolume: ({ volumeContext }) => ({ publishContext: volumeContext }),
    validateVolumeCapabilities: ({ volumeContext, volumeCapabilities, parameters }) => ({
      confirmed: { volumeContext, volumeCapabilities, parameters },
    }),
    listVolumes: ({ startingToken }) => ({ nextToken: startingToken }),
    createSnapshot: ({ name, sourceVolumeId }) => ({ snapshot: { snapshotId: name, sourceVolumeId } }),
    listSnapshots: ({ startingToken }) => ({ nextToken: startingToken }),
    controllerExpandVolume: ({ capacityRange }) => ({ capacityBytes: capacityRange?.requiredBytes ?? 0n }),
    controllerGetVolume: ({ volumeId }) => ({ volume: { volumeId } }),
  });
  const node = service(Node, {
    nodeExpandVolume: ({ capacityRange }) => ({ capacityBytes: capacityRange?.requiredBytes ?? 0n }),
    nodeGetVolumeStats: ({ volumeId }) => ({ volumeCondition: { message: volumeId } }),
  });
  return [everyMethod(Identity, alwaysOk), withDefault(controller), withDefault(node)];
}

function withDefault({ descriptor, handlers }: BoundService): BoundService {
  return { descriptor, handlers: new Map([...everyMethod(descriptor, alwaysOk).handlers, ...handlers]) };
}

function nullDriver(id: string, title: string, serve: () => BoundService[]): DriverSubject {
  return {
    kind: "driver",
    id: `null-${id}`,
    title: `a driver that ${title}`,
    start: ({ clock, socketPath }) =>
      startGrpcServer({ clock, name: "null driver", listen: { path: socketPath }, services: serve() }),
  };
}
