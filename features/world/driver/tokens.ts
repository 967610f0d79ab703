/** Where kubelet puts the pod's tokens: in the volume context, or in the secrets (kubelet spec, tokens). */
export const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";

/** Tokens as kubelet sends them, told apart by name. */
export function tokens(name: string): string {
  return JSON.stringify({ vault: { token: `token-${name}`, expirationTimestamp: "2099-01-01T00:00:00Z" } });
}
