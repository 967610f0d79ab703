/** A token for Key Vault, and how to get one. */
export interface Credential {
  /**
   * A token for a scope such as `https://vault.azure.net/.default`.
   * @param claims JSON that the resource asked for in a claims challenge; a kept token does not do then
   * @throws Error in the words of the real provider's credential
   */
  token(request: TokenRequest, signal: AbortSignal): Promise<string>;
}

export type TokenRequest = { readonly scope: string; readonly claims?: string };
