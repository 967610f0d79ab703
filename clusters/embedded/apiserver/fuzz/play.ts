import type { KubeClient } from "../../../../kube/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { FuzzStep } from "./patches.ts";

export type Answer = { readonly status: number; readonly warning: string; readonly body: KubeObject };

/** Sends one step of a case. */
export async function play(
  client: KubeClient,
  step: FuzzStep,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const query = new URLSearchParams({ ...step.query, ...more }).toString();
  const path = query === "" ? step.path : `${step.path}?${query}`;
  const { body, headers, status } = await client.raw(step.method, path, {
    body: step.body as never,
    contentType: step.contentType,
  });
  const warning = headers["warning"] ?? "";
  return {
    status,
    warning: Array.isArray(warning) ? warning.join(", ") : warning,
    body: JSON.parse(body) as KubeObject,
  };
}

/** The object that a step is about, as it is stored; undefined where there is none. */
export async function stored(client: KubeClient, step: FuzzStep, name: string): Promise<KubeObject | undefined> {
  const path = step.method === "POST" ? `${step.path}/${name}` : step.path;
  const { body, status } = await client.raw("GET", path);
  return status === 200 ? (JSON.parse(body) as KubeObject) : undefined;
}
