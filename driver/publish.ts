import type { Clock, Log, Random } from "../core/index.ts";
import type { NodePublishVolumeRequest } from "../wire/gen/csi_pb.ts";
import type { ServerCall } from "../wire/grpc/index.ts";
import type { Rules } from "./behaviour.ts";
import type { Ledger } from "./ledger.ts";
import type { Mounter } from "./mounter/index.ts";
import type { ProviderClients } from "./provider/clients.ts";
import { attributesOf, overriddenBy } from "./publish/attributes.ts";
import { type ClassSource, findClass, parametersOf, providerOf } from "./publish/class.ts";
import { askProvider, writeContent } from "./publish/content.ts";
import { invalidRequest, PublishFailure } from "./publish/failure.ts";
import { decidePublish } from "./publish/gate.ts";
import { isMasked } from "./publish/mask.ts";
import { asksForMock } from "./publish/mock.ts";
import { recordedStatus, recordStatus, type StatusDeps } from "./publish/record-status.ts";
import type { PublishReport } from "./publish/report.ts";
import { statusName, statusOf } from "./publish/status.ts";
import { holdsPayload, mountTarget, prepareTarget, stampTarget } from "./publish/target.ts";
import { isThrottled, restraintAfter } from "./publish/throttling.ts";
import { withOwnTokens } from "./publish/tokens.ts";
import { classOf, parseVolume, podOf, type Volume } from "./publish/volume.ts";
import type { TokenSource } from "./rotation/tokens.ts";
import { Killed, type Steps } from "./steps.ts";
import { filesOfPayload, type SecretSync } from "./sync/index.ts";

export type PublishDeps = StatusDeps & {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly rules: Rules;
  readonly nodeId: string;
  /** Undefined while rotation is off. */
  readonly rotationIntervalMs: number | undefined;
  /** Failures of a republish go to kubelet instead of being masked. */
  readonly returnsRepublishErrors: boolean;
  readonly mounter: Mounter;
  readonly ledger: Ledger;
  readonly classes: ClassSource;
  readonly providers: ProviderClients;
  readonly steps: Steps;
  /** Before v1.6, where kubelet sends none. */
  readonly tokens: TokenSource | undefined;
  readonly secrets: SecretSync;
};

/**
 * NodePublishVolume (the driver's specification, §2.3): validate, gate, resolve the SecretProviderClass, gather
 * attributes, ensure the mount, ask the provider, write the payload, record the status, make the Secrets. OK is
 * answered only when all of it stands; Secrets alone may come later.
 * @throws PublishFailure
 */
export async function publish(
  request: NodePublishVolumeRequest,
  call: Pick<ServerCall, "signal" | "deadline">,
  report: PublishReport,
  deps: PublishDeps,
): Promise<void> {
  const { rules, clock, mounter, ledger, steps, rotationIntervalMs } = deps;
  const volume = parseVolume(request);
  const { targetPath } = volume;
  const before = ledger.get(targetPath);

  const target = mounter.inspect(targetPath);
  const decision = decidePublish({
    target,
    isComplete: before === undefined ? holdsPayload(targetPath, target) : before.publishedAt !== undefined,
    rotationIntervalMs,
    lastPublishedAt: before?.publishedAt,
    restrainedUntil: ledger.restraint(targetPath)?.until,
    now: clock.now(),
    rules,
  });
  const isUnknown = before === undefined && !rules.has("B20");
  if (decision.kind === "skip" && !(isUnknown && (await lacksStatus(volume, decision.reason, deps)))) return;
  report.isRepublish = decision.kind === "republish" || decision.kind === "skip";
  await prepareTarget(targetPath, target, decision, mounter);
  report.provider = volume.context["providerName"] ?? "";
  const needsMount = decision.kind === "first" && !decision.isMounted;
  if (asksForMock(volume, rules)) {
    if (needsMount && rotationIntervalMs === undefined) mountTarget(targetPath, mounter);
    return;
  }

  let isMountedHere = false;
  try {
    const spc = await steps.time("class", () => findClass(volume, deps.classes, call.signal));
    report.provider = providerOf(spc, volume);
    const parameters = parametersOf(spc, volume);
    const known = attributesOf(parameters, volume, rules);
    if (!volume.isReadOnly) throw invalidRequest("Readonly is not true in request");
    logOverrides(parameters, volume, deps);
    const attributes = await withOwnTokens(known, volume, deps.tokens, call.signal);

    if (needsMount) steps.timeSync("mount", () => mountTarget(targetPath, mounter));
    isMountedHere = needsMount;
    const reply = await steps.time("provider", () => askProvider(report.provider, attributes, volume, deps, call));
    const isChanged = steps.timeSync("write", () => {
      const onMove = (move: string): void => steps.reach(`writing: ${move}`);
      return writeContent(volume, reply.payload, reply.paths, { ...deps, onMove });
    });
    if (isMountedHere || isChanged) stampTarget(targetPath, clock);
    ledger.wrote(volume, reply.versions);
    const siblings = ledger.siblings(volume);
    const status = statusOf({ volume, nodeId: deps.nodeId, siblings, versions: reply.versions, rules });
    const stored = await steps.time("status", () =>
      recordStatus(volume, status, before !== undefined, deps, call.signal),
    );
    ledger.published(volume, clock.now());
    const files = reply.paths.length === 0 ? undefined : filesOfPayload(targetPath, reply.payload);
    const secrets = { pod: volume.pod, spc, targetPath, status: stored, ...(files && { files }) };
    await steps.time("secrets", () => deps.secrets.apply(secrets, call.signal));
  } catch (error) {
    if (error instanceof Killed) throw error;
    // Also the mount of a driver that was killed before it wrote anything.
    if (isMountedHere || (decision.kind === "first" && decision.isMounted)) undo(targetPath, deps);
    if (!report.isRepublish || !(error instanceof PublishFailure)) throw error;
    restrain(volume, error, deps);
    if (!isMasked(error, deps)) throw error;
    report.masked = error;
  }
}

/** A first publish that failed leaves no mount: the next attempt must not take it for a published volume. */
function undo(targetPath: string, { mounter, ledger, log }: PublishDeps): void {
  ledger.forget(targetPath);
  try {
    mounter.unmount(targetPath);
  } catch (error) {
    log.error("the target of a failed publish could not be unmounted", { targetPath }, error);
  }
}

/**
 * Whether a driver that was killed got as far as the volume and no further. Without rotation nobody else would notice;
 * a volume whose status stands is remembered and not looked at again.
 */
async function lacksStatus(volume: Volume, reason: string, deps: PublishDeps): Promise<boolean> {
  if (reason !== "already mounted" || volume.className === "") return false;
  const { ledger, clock, rules, log } = deps;
  try {
    const status = await recordedStatus(volume, statusName(volume, rules), deps);
    if (status === undefined) return true;
    ledger.wrote(
      volume,
      (status.status?.objects ?? []).map(({ id = "", version = "" }) => ({ id, version })),
    );
    ledger.published(volume, clock.now());
  } catch (error) {
    log.warn("whether a volume's status was recorded is not known; the volume is left as it is", {}, error);
  }
  return false;
}

/** A store that has enough is left alone for a while; the volume keeps what it has. */
function restrain(volume: Volume, failure: PublishFailure, deps: PublishDeps): void {
  const { rules, clock, random, ledger, log, rotationIntervalMs: intervalMs = 0 } = deps;
  if (rules.has("no-restraint") || !isThrottled(failure)) return;
  const now = clock.now();
  const restraint = restraintAfter(ledger.restraint(volume.targetPath), { now, intervalMs, random });
  ledger.restrain(volume.targetPath, restraint);
  const waitMs = Math.round(restraint.until - now);
  log.warn("the store asks for fewer calls; this volume waits", { pod: podOf(volume), waitMs });
}

function logOverrides(parameters: Readonly<Record<string, string>>, volume: Volume, { rules, log }: PublishDeps): void {
  if (rules.behaviour !== "hardened") return;
  const keys = overriddenBy(parameters, volume);
  if (keys.length > 0)
    log.info("the pod's volume attributes replace parameters of its SecretProviderClass", {
      pod: podOf(volume),
      secretProviderClass: classOf(volume),
      keys,
    });
}
