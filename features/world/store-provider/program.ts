import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isMountproofError, MountproofError } from "../../../core/index.ts";
import { type KubeConfig, kubeconfigText } from "../../../kube/index.ts";
import {
  answers,
  endText,
  layoutOf,
  Program,
  type RunningProgram,
  type StoreProviderProgram,
  type Subject,
} from "../../../suite/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { VENDORS } from "./vendors.ts";

export type StoreProviderPlace = {
  /** Where the driver, or the case itself, looks for it. */
  readonly socket: string;
  /** The provider's own account at the API server; left out where it has no business there. */
  readonly account?: { readonly namespace: string; readonly config: KubeConfig };
  /** The names of the pod network, by the egress proxy's variables; whatever else the case gives it. */
  readonly env: Readonly<Record<string, string>>;
  /** Whom it trusts besides the API server's authority. */
  readonly trustedCaPem: string;
  /** What the case sets, in the vendor's own flags. */
  readonly flags?: readonly string[];
};

const ACCOUNT_FILES = "/var/run/secrets/kubernetes.io/serviceaccount";
const READY_WITHIN_MS = 20_000;
const LOOK_MS = 25;

/** What names of a vendor's `hosts` resolve to (RFC 5737: it leads nowhere); the proxy is asked for it in their place. */
export const HOSTS_ADDRESS = "192.0.2.1";

/** Gives the program, and nobody else, its files at the fixed paths it reads them from. Arguments: folder, command. */
const WITH_FILES = `
set -e
mount --bind "$0/hosts" /etc/hosts
mount -t tmpfs none /run
[ -L /var/run ] || mount --bind /run /var/run
mkdir -p ${ACCOUNT_FILES}
mount --bind "$0/account" ${ACCOUNT_FILES}
exec "$@"`;

/**
 * Starts the store's provider that the run was given, and returns when it answers on its socket. It ends with the
 * scenario.
 * @throws MountproofError `subject_failed` when it ends while it starts, `timeout` when it never answers; both with its
 * last words
 */
export async function startStoreProvider(
  world: MountproofWorld,
  subject: StoreProviderProgram,
  place: StoreProviderPlace,
): Promise<RunningProgram> {
  const { run, scope } = world;
  const folder = await mkdtemp(join(await world.folder(), "p"));
  const { socket } = place;
  const kubeconfig = join(folder, "kubeconfig");
  if (place.account !== undefined)
    await writeFile(kubeconfig, kubeconfigText(place.account.config, subject.store), { mode: 0o600 });
  const vendor = VENDORS[subject.store]({ ...place, folder, kubeconfig });
  if (basename(socket) !== vendor.socketName)
    throw new MountproofError("internal", {
      message: `${subject.store}'s provider listens at ${vendor.socketName} only`,
    });
  const hosts = ["127.0.0.1 localhost", ...(vendor.hosts ?? []).map((name) => `${HOSTS_ADDRESS} ${name}`)];
  await writeFile(join(folder, "hosts"), `${hosts.join("\n")}\n`);
  await writeAccount(folder, place);
  const program = scope.use(
    await new Program({
      clock: run.clock,
      name: `the provider "${subject.title}"`,
      log: run.keptLog(`provider-${subject.store}`),
      lifeline: run.lifeline,
      command: [
        ...["unshare", "--mount", "--propagation", "slave", "/bin/sh", "-c", WITH_FILES, folder],
        ...[subject.path, ...vendor.flags, ...(place.flags ?? [])],
      ] as unknown as [string, ...string[]],
      inheritsEnv: false,
      env: { ...(await environmentOf(folder, place)), ...vendor.env, ...place.env },
    }).start(),
  );
  try {
    await untilReady(world, program, subject, socket);
  } catch (error) {
    // Nothing can be judged of what does not run: every case would tell the same.
    if (isMountproofError(error)) run.abandon(error);
    throw error;
  }
  return program;
}

/** The program that the run was given in the reference provider's stead; undefined when it was given none. */
export function storeProgram(subject: Subject): StoreProviderProgram | undefined {
  return subject.kind === "store-provider" && subject.start === undefined ? subject : undefined;
}

/**
 * Starts what stands in for the reference provider in this process; it ends with the scenario.
 * @returns false when nothing does
 */
export async function startInProcess({ pass, clock, scope }: MountproofWorld, socketPath: string): Promise<boolean> {
  const { subject } = pass;
  if (subject.kind !== "store-provider" || subject.start === undefined) return false;
  scope.use(await subject.start({ clock, socketPath }));
  return true;
}

/**
 * The command that a case about this project's own runs. Of somebody else's program it would tell nothing: the case is
 * left.
 */
export function ownCommand(world: MountproofWorld, args: readonly string[]): readonly [string, ...string[]] {
  const { subject } = world.pass;
  if (storeProgram(subject) !== undefined)
    world.skip("the case is about this project's own command, not about the program that was given");
  if (subject.kind === "store-provider" && subject.start !== undefined) return subject.command;
  return [process.execPath, join(layoutOf().root, "bin", "mountproof.js"), ...args];
}

async function untilReady(
  { run }: MountproofWorld,
  program: RunningProgram,
  subject: StoreProviderProgram,
  socket: string,
): Promise<void> {
  const end = run.clock.now() + READY_WITHIN_MS;
  while (!(await answers(run.clock, socket))) {
    const lastWords = program.tail().slice(-5).join("\n");
    if (program.end !== undefined)
      throw new MountproofError("subject_failed", {
        message: `the provider "${subject.title}" ended with ${endText(program.end)} while it started${lastWords === "" ? "" : `: ${lastWords}`}`,
        hint: `is it the ${subject.store} provider, and built for this machine?`,
      });
    if (run.clock.now() > end)
      throw new MountproofError("timeout", {
        message: `the provider "${subject.title}" did not answer on "${socket}" within ${READY_WITHIN_MS / 1000} s${lastWords === "" ? "" : `: ${lastWords}`}`,
        hint: `is it the ${subject.store} provider?`,
      });
    await run.clock.sleep(LOOK_MS);
  }
}

/** token, namespace and ca.crt, as kubelet projects them. */
async function writeAccount(folder: string, { account }: StoreProviderPlace): Promise<void> {
  const files = join(folder, "account");
  await mkdir(files);
  if (account === undefined) return;
  const { credentials, caPem } = account.config;
  if (credentials.kind !== "token")
    throw new MountproofError("internal", { message: "a provider's account has a token" });
  await writeFile(join(files, "token"), credentials.token, { mode: 0o600 });
  await writeFile(join(files, "namespace"), account.namespace);
  await writeFile(join(files, "ca.crt"), caPem);
}

async function environmentOf(folder: string, place: StoreProviderPlace): Promise<Record<string, string>> {
  const { account, trustedCaPem } = place;
  const bundle = join(folder, "ca-bundle.crt");
  await writeFile(bundle, `${trustedCaPem}\n${account?.config.caPem ?? ""}`);
  if (account === undefined) return { SSL_CERT_FILE: bundle };
  const { hostname, port } = new URL(account.config.server);
  return { SSL_CERT_FILE: bundle, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
}
