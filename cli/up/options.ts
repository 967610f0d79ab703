import { resolve } from "node:path";
import { whole, wrong } from "../flag-values.ts";
import type { PublishedChart } from "./published.ts";
import { PROVIDER_NAMES, type ProviderName, STORE_NAMES, type StoreName } from "./store-names.ts";

/** The flags of `mountproof up` as commander gives them. */
export type UpFlags = {
  readonly name: string;
  readonly port: string;
  readonly kubeconfig: string;
  readonly nodes: string;
  readonly kubeVersion: string;
  readonly stores: string;
  readonly providers: string;
  readonly driver: string;
  readonly behaviour: string;
  readonly sync?: boolean;
  readonly rotation?: string;
  readonly speed: string;
  readonly seed?: string;
  readonly images?: string;
  readonly chart?: readonly string[];
  readonly auditLog?: string;
  readonly state?: string;
  readonly detach?: boolean;
};

export type DriverChoice =
  | { readonly kind: "reference" }
  | { readonly kind: "none" }
  | { readonly kind: "program"; readonly path: string };

export type UpOptions = {
  readonly port: number;
  readonly nodes: number;
  readonly kubeVersion: "1.34" | "1.35" | "1.36";
  readonly stores: readonly StoreName[];
  readonly providers: readonly ProviderName[];
  readonly driver: DriverChoice;
  readonly speed: number;
  readonly charts: readonly PublishedChart[];
};

/** @throws MountproofError `invalid_argument` naming the flag */
export function readUpOptions(flags: UpFlags): UpOptions {
  const { kubeVersion } = flags;
  if (kubeVersion !== "1.34" && kubeVersion !== "1.35" && kubeVersion !== "1.36")
    throw wrong("--kube-version", kubeVersion, "one of: 1.34, 1.35, 1.36");
  const nodes = whole("--nodes", flags.nodes, 0, 50);
  const stores = list("--stores", flags.stores, STORE_NAMES, STORE_NAMES);
  const driver = driverOf(flags.driver);
  return {
    port: whole("--port", flags.port, 0, 65_535),
    nodes,
    kubeVersion,
    stores,
    // A provider without a driver has nobody who calls it; whoever wants it anyway names it.
    providers: list("--providers", flags.providers, PROVIDER_NAMES, driver.kind === "none" ? [] : stores),
    driver,
    speed: speedOf(flags.speed),
    charts: (flags.chart ?? []).map(chartOf),
  };
}

function list<T extends string>(flag: string, text: string, all: readonly T[], preset: readonly T[]): readonly T[] {
  if (text === "auto") return preset;
  if (text === "all") return all;
  if (text === "none") return [];
  return text.split(",").map((name) => {
    const known = all.find((one) => one === name.trim());
    if (known === undefined) throw wrong(flag, text, `auto, all, none, or a list of: ${all.join(", ")}`);
    return known;
  });
}

function driverOf(text: string): DriverChoice {
  if (text === "reference" || text === "none") return { kind: text };
  const path = /^(?:upstream|program)=(.+)$/.exec(text)?.[1];
  if (path === undefined) throw wrong("--driver", text, "one of: reference, none, upstream=PATH");
  return { kind: "program", path };
}

function speedOf(text: string): number {
  const speed = Number(/^(\d+(?:\.\d+)?)x?$/.exec(text)?.[1]);
  if (!(speed >= 1 && speed <= 3600)) throw wrong("--speed", text, "from 1x to 3600x");
  return speed;
}

function chartOf(text: string): PublishedChart {
  const at = text.indexOf("=");
  const url = text.slice(0, Math.max(at, 0)).replace(/\/+$/, "");
  const folder = text.slice(at + 1);
  if (!/^https:\/\/[^/:]+(\/.*)?$/.test(url) || folder === "")
    throw wrong("--chart", text, "https://HOST/PATH=FOLDER, a chart repository's address and a chart's folder");
  return { url, folder: resolve(folder) };
}
