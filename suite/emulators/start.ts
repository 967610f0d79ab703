import { randomUUID } from "node:crypto";
import { MountproofError, Scope } from "../../core/index.ts";
import { createHttpClient } from "../../net/index.ts";
import { endText, Program, type RunningProgram } from "../subjects/program.ts";
import { freePort } from "../subjects/readiness.ts";
import { startContainer } from "./container.ts";
import { describeEmulator, type Emulator, type EmulatorPlace, type RunningEmulator } from "./emulator.ts";

const READY_WITHIN_MS = 60_000;
const LOOK_MS = 50;
/** Between the choice of a port and its use another program may take it: then another is chosen. */
const PORTS_TRIED = 5;

/** What an emulator is started with, at an address that was chosen for it. */
type Launch = {
  readonly port: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What answers with any status below 500 once it serves. */
  readonly readyPath: string;
  /** Sees each line that it prints; what it takes is not kept. */
  readonly takeLine?: (line: string) => boolean;
};

/**
 * Starts an emulator as a program or a container.
 * @throws MountproofError `environment` when it cannot be started, `subject_failed` when it ends while it starts,
 * `timeout` when it never answers; each names it and says its last words
 */
export async function startEmulator(emulator: Emulator, place: EmulatorPlace): Promise<RunningEmulator> {
  return emulator.store === "vault" ? await startVault(emulator, place) : await startAws(emulator, place);
}

async function startVault(emulator: Emulator, place: EmulatorPlace): Promise<RunningEmulator> {
  const rootToken = `root-${randomUUID()}`;
  let unsealKey = "";
  const takeLine = (line: string): boolean => {
    const found = /^\s*Unseal Key:\s*(\S+)/.exec(line)?.[1];
    if (found !== undefined) unsealKey = found;
    return found !== undefined || /^\s*Root Token:/.test(line);
  };
  const prefix = emulator.name === "openbao" ? "BAO" : "VAULT";
  const started = await startOn(emulator, place, (port) => ({
    port,
    takeLine,
    readyPath: "/v1/sys/health",
    args: ["server", "-dev", `-dev-root-token-id=${rootToken}`, `-dev-listen-address=127.0.0.1:${port}`],
    // The images read these; a container's CLI must not be told of a proxy or of another server.
    env: {
      [`${prefix}_DEV_ROOT_TOKEN_ID`]: rootToken,
      [`${prefix}_DEV_LISTEN_ADDRESS`]: `127.0.0.1:${port}`,
      SKIP_SETCAP: "1",
    },
  }));
  // The key is printed before the server listens; the line may still be in the pipe.
  const end = place.clock.now() + READY_WITHIN_MS;
  while (unsealKey === "" && place.clock.now() < end) await place.clock.sleep(LOOK_MS);
  return Object.assign(started, { vault: { url: started.url, rootToken, unsealKey } });
}

async function startAws(emulator: Emulator, place: EmulatorPlace): Promise<RunningEmulator> {
  const isMoto = emulator.name === "moto";
  const token = process.env["LOCALSTACK_AUTH_TOKEN"];
  const started = await startOn(emulator, place, (port) => ({
    port,
    readyPath: isMoto ? "/moto-api/" : "/_localstack/health",
    args: isMoto ? ["-H", "127.0.0.1", "-p", String(port)] : [],
    env: isMoto
      ? {}
      : {
          GATEWAY_LISTEN: `127.0.0.1:${port}`,
          SERVICES: "secretsmanager,ssm,sts,iam",
          ...(token !== undefined && { LOCALSTACK_AUTH_TOKEN: token }),
        },
  }));
  return Object.assign(started, { aws: { url: started.url, accountId: isMoto ? "123456789012" : "000000000000" } });
}

type Started = AsyncDisposable & { readonly url: string };

async function startOn(emulator: Emulator, place: EmulatorPlace, launch: (port: number) => Launch): Promise<Started> {
  for (let tried = 1; ; tried++) {
    try {
      return await Scope.run(emulator.title, async (scope) => {
        const spec = launch(await freePort());
        const url = `http://127.0.0.1:${spec.port}`;
        const running = await startProcess(emulator, place, spec, scope);
        await untilReady(emulator, `${url}${spec.readyPath}`, running, place);
        return Object.assign(scope, { url });
      });
    } catch (error) {
      if (tried >= PORTS_TRIED || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

type Running = {
  readonly tail: () => readonly string[];
  /** How it ended; undefined while it runs. */
  readonly ended: () => string | undefined;
};

async function startProcess(emulator: Emulator, place: EmulatorPlace, spec: Launch, scope: Scope): Promise<Running> {
  const { source } = emulator;
  if (source.how === "container")
    return scope.use(
      await startContainer({
        image: source.image,
        name: emulator.title,
        env: spec.env,
        ...(spec.takeLine !== undefined && { takeLine: spec.takeLine }),
      }),
    );
  const program: RunningProgram = scope.use(
    await new Program({
      clock: place.clock,
      name: describeEmulator(emulator),
      command: [source.path, ...spec.args],
      inheritsEnv: false,
      env: { HOME: place.folder, ...spec.env },
      log: place.log,
      lifeline: place.lifeline,
      ...(spec.takeLine !== undefined && { takeLine: spec.takeLine }),
    }).start(),
  );
  return {
    tail: () => program.tail(),
    ended: () => (program.end === undefined ? undefined : endText(program.end)),
  };
}

async function untilReady(
  emulator: Emulator,
  url: string,
  running: Running,
  { clock, readyWithinMs = READY_WITHIN_MS }: EmulatorPlace,
): Promise<void> {
  await using http = createHttpClient({ clock });
  const end = clock.now() + readyWithinMs;
  for (;;) {
    const lastWords = running.tail().slice(-5).join("\n");
    const ended = running.ended();
    if (ended !== undefined)
      throw new MountproofError("subject_failed", {
        message: `${describeEmulator(emulator)} ended with ${ended} before it served: ${lastWords}`,
        hint: `is it ${emulator.title}, and built for this machine?`,
      });
    const status = await http.request({ method: "GET", url, deadlineMs: 2000 }).then(
      (answer) => answer.status,
      () => 503,
    );
    if (status < 500) return;
    if (clock.now() > end)
      throw new MountproofError("timeout", {
        message: `${describeEmulator(emulator)} did not answer at ${url} within ${readyWithinMs / 1000} s: ${lastWords}`,
        hint: `is it ${emulator.title}?`,
      });
    await clock.sleep(LOOK_MS);
  }
}
