import type { PodIdentity } from "../../kit/index.ts";
import { type AzureHttp, DEFAULT_RETRIES } from "../azure-http.ts";
import type { Credential } from "./credential.ts";

/** The address of AAD Pod Identity's node agent, fixed in the real provider. */
const NMI = "http://localhost:2579/host/token/";

/** Tokens from AAD Pod Identity, the agent that workload identity replaced: it knows the pod by its name. */
export function podIdentityCredential(http: AzureHttp, pod: PodIdentity, keyVaultEndpoint: string): Credential {
  return {
    token: async (_request, signal) => {
      const resource = keyVaultEndpoint.replace(/\/+$/, "");
      const { status, body } = await http.send(
        { method: "GET", url: `${NMI}?resource=${resource}`, headers: { podname: pod.name, podns: pod.namespace } },
        signal,
        { rule: { ...DEFAULT_RETRIES, retries: 0 } },
      );
      if (status !== 200) throw new Error(`nmi response failed with status code: ${status}, response body: ${body}`);
      const answer = JSON.parse(body) as { token?: { access_token?: string }; clientid?: string } | null;
      const token = answer?.token?.access_token ?? "";
      if (token === "" || (answer?.clientid ?? "") === "")
        throw new Error("nmi did not return expected values in response: token and clientid");
      return token;
    },
  };
}
