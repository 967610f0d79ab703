import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { PartContext, PartLauncher } from "../../../clusters/cluster.ts";
import { parseFlags } from "../../../core/go/flags.ts";
import { MountproofError } from "../../../core/index.ts";
import { DRIVER_FLAGS, Driver, driverSpecOf } from "../../../driver/index.ts";
import { kubeconfigText } from "../../../kube/index.ts";

/** The reference driver as the container of its DaemonSet: by upstream's flags, and with its own ServiceAccount. */
export function referenceDriver(behaviour: string): PartLauncher {
  return async (context) => {
    const { clock, log, journal, kubeConfig, node, path, args, address, place } = context;
    const flags = parseFlags([`--behaviour=${behaviour}`, ...args], DRIVER_FLAGS);
    const folders = flags["additional-provider-volume-paths"];
    return await new Driver(
      driverSpecOf(flags, {
        clock,
        log,
        journal,
        kubeConfig,
        endpoint: flags.endpoint.replace(/^unix:\/\//, (scheme) => scheme).replace(/(?<=^unix:\/\/).*/, path),
        kubeletRootDir: node.paths.kubeletRoot,
        providersDir: path(flags["provider-volume"]),
        additionalProvidersDirs: folders === "" ? "" : folders.split(",").map(path).join(","),
        ...(flags["metrics-addr"] !== "0" && { metricsAddr: atPod(flags["metrics-addr"], address) }),
        ...(place !== undefined && { metricsPlace: place }),
        onPanic: (message) => {
          context.say("stderr", `panic: ${message}`);
          context.exit(2);
        },
      }),
    ).start();
  };
}

/**
 * A driver's own binary, for example upstream's, as a process of this machine: paths in its arguments and environment
 * are turned into the node's, so that what it mounts is where kubelet looks.
 */
export function driverProgram(program: string): PartLauncher {
  return async (context) => {
    const { kubeConfig, path, args, env, address, say } = context;
    const kubeconfig = path("/csi/kubeconfig.json");
    await writeFile(kubeconfig, kubeconfigText(kubeConfig, "driver"), { mode: 0o600 });
    const rewrite = (text: string): string =>
      text
        .replace(
          /(^|=|,|unix:\/\/)(\/(?:csi|var\/|etc\/)[^,]*)/g,
          (_whole, before: string, found: string) => before + path(found),
        )
        .replace(/^(--metrics-addr=):/, `$1${address}:`);
    const environment = Object.fromEntries([...env].map(([name, value]) => [name, rewrite(value)]));
    const child = spawn(program, args.map(rewrite), {
      env: { PATH: process.env["PATH"] ?? "", ...environment, KUBECONFIG: kubeconfig },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of ["stdout", "stderr"] as const)
      createInterface({ input: child[stream] }).on("line", (line) => say(stream, line));
    const ended = new Promise<void>((resolve) => {
      child.once("exit", (code) => {
        context.exit(code ?? 137);
        resolve();
      });
      child.once("error", () => resolve());
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) =>
        reject(
          new MountproofError("environment", { message: `"${program}" cannot be started: ${cause.message}`, cause }),
        ),
      );
    });
    return {
      [Symbol.asyncDispose]: async () => {
        child.kill("SIGTERM");
        await ended;
      },
    };
  };
}

/** `:8095` is every address of the pod: here, its only one. */
export function atPod(listen: string, address: PartContext["address"]): string {
  return listen.replace(/^(0\.0\.0\.0|\[::\])?:/, `${address}:`);
}
